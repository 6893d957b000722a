// Whoever types a long note asks the server for nothing, and must not be signed out over it: while somebody acts, the
// server is told now and then. Two minutes before the end of a page on which nobody acts, it says so; any act stays.

const MINUTE = 60_000;
const WARNED_BEFORE = 2 * MINUTE;
const { idleMinutes, stayUrl } = document.body.dataset;
const longest = Number(idleMinutes) * MINUTE;
let actedAt = Date.now();
let toldAt = Date.now();
let warning = null;

async function stay() {
  toldAt = Date.now();
  warning?.remove();
  warning = null;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    await fetch(stayUrl, { method: "POST", headers: { "X-CSRFToken": token } });
  } catch {
    // Without an answer the next look tells it again.
    toldAt = 0;
  }
}

function warn() {
  warning = document.createElement("div");
  warning.className = "toast";
  warning.dataset.idle = "";
  const text = document.createElement("span");
  text.className = "toast__text";
  text.textContent = "Nobody seems to be here: in two minutes you are signed out. Any key or click stays.";
  warning.append(text);
  document.getElementById("toasts")?.append(warning);
}

function act() {
  actedAt = Date.now();
  if (warning) stay();
}

function look() {
  const silent = Date.now() - toldAt;
  if (actedAt > toldAt && silent >= longest / 6) stay();
  else if (!warning && silent >= longest - WARNED_BEFORE) warn();
}

if (stayUrl && longest > 2 * WARNED_BEFORE) {
  for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    document.addEventListener(kind, act, { passive: true, capture: true });
  }
  setInterval(look, MINUTE / 2);
}
