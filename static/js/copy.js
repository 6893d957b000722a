// Copies a short id. The buttons show themselves only where copying is possible.

const SHOWN_MILLISECONDS = 1500;

function show(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, SHOWN_MILLISECONDS);
});

document.addEventListener("htmx:afterSwap", (event) => show(event.detail.target.parentElement ?? document));
show(document);
