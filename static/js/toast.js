// A toast is closed by its button; one that offers to take something back goes when that is no longer possible.

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-dismiss]")) event.target.closest(".toast").remove();
});

function watch(root) {
  for (const form of root.querySelectorAll("form[data-expires]:not([data-watched])")) {
    form.dataset.watched = "";
    setTimeout(() => form.closest(".toast")?.remove(), Math.max(0, new Date(form.dataset.expires) - Date.now()));
  }
}

document.addEventListener("htmx:afterSettle", () => watch(document));
watch(document);
