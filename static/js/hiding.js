// The panic key: takes every revealed text out of the page at once, before the server is asked, and lets no answer
// that was on its way put one back. The server then keeps the case masked for this session.

const conversation = document.querySelector("[data-conversation]");
const masked = document.getElementById("masked_turn");
const startedAt = new WeakMap();
let hiddenAt = -1;

function mask(body) {
  const turn = body.closest("[data-turn]");
  const bar = masked.content.cloneNode(true);
  const button = bar.querySelector("button");
  if (button) {
    button.value = turn.dataset.turn;
    button.ariaLabel = `Reveal turn ${turn.dataset.turn}`;
  }
  body.replaceChildren(bar);
  window.htmx.process(body);
}

function hideAll() {
  hiddenAt = performance.now();
  document.getSelection()?.removeAllRanges();
  for (const body of conversation.querySelectorAll("[data-turn] > .message__body")) {
    if (!body.querySelector(".message__masked")) mask(body);
  }
  // A note may quote; so may the words marked for an annotation, and the words looked for.
  for (const note of document.querySelectorAll(".annotation__note, .decisions__note")) note.remove();
  for (const field of document.querySelectorAll("[data-quotes]")) field.value = "";
  const words = document.querySelector("form[data-annotate]")?.elements.words;
  if (words) words.value = "";
  document.getElementById("said").textContent = "All text on this page is hidden.";
  document.dispatchEvent(new CustomEvent("hidden-all"));
}

// Before anything else hears of the press, and also while an earlier one is under way.
document.addEventListener("click", (event) => {
  if (masked && event.target.closest?.("[data-hide-all]")) hideAll();
}, true);

document.addEventListener("htmx:beforeSend", (event) => {
  startedAt.set(event.detail.xhr, performance.now());
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const isPage = /^\s*<!doctype/i.test(xhr.responseText.slice(0, 40));
  if (isPage || requestConfig.elt.closest("[data-hide-all]") || !(startedAt.get(xhr) < hiddenAt)) return;
  if (requestConfig.elt.closest("[data-conversation], #annotate, #reveal")) event.detail.shouldSwap = false;
});
