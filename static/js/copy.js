// Copies a short id. The buttons show themselves only where copying is possible.

const SHOWN_MILLISECONDS = 1500;

function show(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden], [data-copy-turn][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, SHOWN_MILLISECONDS);
});

// First the part of the conversation: where it is not on the screen, its turns are not laid out.
function firstBelow(edge) {
  const isBelow = (element) => element.getBoundingClientRect().bottom > edge;
  const part = [...document.querySelectorAll("[data-turns]")].find(isBelow) ?? document;
  return [...part.querySelectorAll("[data-turn]")].find(isBelow);
}

// A turn is cited as NW-2031-7#14: the one in focus, else the first on the screen.
function turnInFocus() {
  const edge = document.querySelector(".case__strip")?.getBoundingClientRect().bottom ?? 0;
  return document.activeElement?.closest("[data-turn]")
    ?? document.querySelector("[data-turn][aria-current]")
    ?? firstBelow(edge);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy-turn]");
  const turn = button && turnInFocus();
  if (!turn) return;
  const reference = `${button.dataset.copyTurn}#${turn.dataset.turn}`;
  await navigator.clipboard.writeText(reference);
  const said = document.getElementById("said");
  if (said) said.textContent = `${reference} copied.`;
  button.title = `${reference} copied`;
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, SHOWN_MILLISECONDS);
});

document.addEventListener("settled", () => show(document));
show(document);
