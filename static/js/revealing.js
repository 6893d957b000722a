// Revealing several turns: the flagged ones that are on the page, or a range that grows from the turn in focus.
// Without this module the range is typed, and the flagged turns are those of the window that was asked for.

const conversation = document.querySelector("[data-conversation]");
const flagged = document.getElementById("reveal_flagged");

function maskedFlagged() {
  return [...conversation.querySelectorAll("[data-turn][data-flagged]")]
    .filter((turn) => turn.querySelector(".message__masked button"))
    .map((turn) => turn.dataset.turn);
}

function offerFlagged() {
  if (flagged) flagged.hidden = maskedFlagged().length === 0;
}

flagged?.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.delete("number");
  for (const number of maskedFlagged()) event.detail.parameters.append("number", number);
});

const panel = () => document.getElementById("reveal_range");
const range = () => panel()?.querySelector("form")?.elements;

function showRange() {
  const fields = range();
  const ends = fields ? [Number(fields.first.value), Number(fields.last.value)] : [0, 0];
  const [first, last] = panel()?.open ? [Math.min(...ends), Math.max(...ends)] : [0, -1];
  for (const turn of conversation.querySelectorAll("[data-turn]")) {
    const number = Number(turn.dataset.turn);
    turn.toggleAttribute("data-chosen", number >= first && number <= last);
  }
}

// Opened, it begins with the turn in focus; a key may be quicker than the event that says that it is open.
function begin() {
  const turn = conversation.querySelector("[data-turn][aria-current]");
  const fields = range();
  if (!turn || panel().querySelector("[aria-invalid]")) return;
  // What somebody has typed by then stays.
  fields.first.value ||= turn.dataset.turn;
  fields.last.value ||= turn.dataset.turn;
}

function offerKeys() {
  const keys = panel().querySelector("[data-with-keys]");
  if (keys) keys.hidden = false;
}

// `toggle` does not bubble, and comes some time after the click.
document.addEventListener("toggle", (event) => {
  if (event.target.id !== "reveal_range") return;
  offerKeys();
  if (panel().open) begin();
  else panel().querySelector("form").reset();
  showRange();
}, true);

document.addEventListener("input", (event) => {
  if (event.target.closest?.("[data-range]")) showRange();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#reveal_range > summary")) offerKeys();
  const direction = event.target.closest?.("[data-move^='grow-']")?.dataset.move.split("-")[1];
  const fields = direction && range();
  if (!fields) return;
  begin();
  const there = Number(fields.last.value || fields.first.value || 0) + (direction === "next" ? 1 : -1);
  const turn = document.getElementById(`m-${there}`);
  if (!turn) return;
  fields.last.value = String(there);
  if (!fields.first.value) fields.first.value = String(there);
  turn.scrollIntoView({ block: "nearest", behavior: "instant" });
  showRange();
});

// Revealed turns came into their places; the reader stays where the first of them is.
document.addEventListener("revealed", (event) => {
  const wasRange = panel()?.open;
  if (wasRange) {
    panel().open = false;
    panel().querySelector("form").reset();
  }
  const turn = document.getElementById(`m-${event.detail.number}`);
  if (turn) document.dispatchEvent(new CustomEvent("go-to-turn", { detail: { turn, scroll: wasRange } }));
});

document.addEventListener("hidden-all", offerFlagged);
document.addEventListener("settled", offerFlagged);
document.addEventListener("htmx:oobAfterSwap", offerFlagged);
offerFlagged();
