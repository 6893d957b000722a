// Annotating by pointing: the turn that is being read fills in the turn, and words marked in it fill in the words.
// Without this module both are typed.

const form = () => document.querySelector("form[data-annotate]");

function revealedTurn(node) {
  const element = node instanceof Element ? node : node?.parentElement;
  const body = element?.closest(".message__body");
  return body && !body.querySelector(".message__masked") ? body.closest("[data-turn]") : null;
}

document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  const words = selection?.toString().trim();
  const turn = words && revealedTurn(selection.anchorNode);
  if (!turn || turn !== revealedTurn(selection.focusNode) || !form()) return;
  form().elements.number.value = turn.dataset.turn;
  form().elements.words.value = words;
});

document.addEventListener("focusin", (event) => {
  const turn = event.target.closest?.("[data-turn]");
  const fields = form()?.elements;
  if (!turn || !fields || fields.words.value) return;
  fields.number.value = turn.dataset.turn;
});

// `toggle` does not bubble.
document.addEventListener("toggle", (event) => {
  if (event.target.id === "annotate" && event.target.open) form()?.elements.characteristic.focus();
}, true);

document.addEventListener("annotated", () => form()?.reset());
