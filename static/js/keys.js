// A key printed on a button presses it. Elements carry data-key="n", "Shift+F", "Enter", "?" or "g q" (two in a row).
// Letters are the same with and without capitals lock; Shift is written out where it is meant.

const COOKIE = "keys";
const SEQUENCE_MILLISECONDS = 1000;
const NOT_TYPED = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);
let before = "";
let beforeAt = 0;

function keysAreOn() {
  return !document.cookie.split("; ").includes(`${COOKIE}=off`);
}

function showSwitch() {
  document.documentElement.dataset.keys = keysAreOn() ? "on" : "off";
  const button = document.querySelector("[data-keys-switch]");
  if (button) button.textContent = keysAreOn() ? "Turn keys off" : "Turn keys on";
}

function isTyping(target) {
  if (!(target instanceof Element)) return false;
  if (target.closest("textarea, select, [contenteditable]:not([contenteditable='false'])")) return true;
  return target instanceof HTMLInputElement && !NOT_TYPED.has(target.type);
}

function nameOf(event) {
  if (event.key.length > 1) return event.shiftKey ? `Shift+${event.key}` : event.key;
  const letter = event.key.toLowerCase();
  const isLetter = letter !== event.key.toUpperCase();
  return isLetter && event.shiftKey ? `Shift+${letter.toUpperCase()}` : letter;
}

// What is far from the screen in a long conversation does not count, unless it is in the part where the person is.
function isVisible(element, part) {
  const far = !part?.contains(element);
  return element.checkVisibility({ contentVisibilityAuto: far, visibilityProperty: true });
}

function partInFocus() {
  return document.activeElement?.closest("[data-key-scope]")
    ?? document.querySelector("[data-key-scope][aria-current]");
}

function withKey(key) {
  const wanted = key.toLowerCase();
  const part = partInFocus();
  return [...document.querySelectorAll("[data-key]")].filter(
    (element) => element.dataset.key.toLowerCase() === wanted && !element.disabled && isVisible(element, part),
  );
}

// Where a key stands on many elements (reveal, on each message): the one in the focused or current part of the
// page, else the first one in sight.
function chosen(elements) {
  if (elements.length < 2) return elements[0];
  const part = partInFocus();
  const bar = document.querySelector(".case__strip, .case__bar, .topbar");
  const edge = bar ? bar.getBoundingClientRect().bottom : 0;
  return elements.find((element) => part?.contains(element))
    ?? elements.find((element) => element.getBoundingClientRect().top >= edge)
    ?? elements[0];
}

function press(element) {
  if (element instanceof HTMLInputElement) element.focus();
  element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  // Escape writes nothing, so hiding everything (data-key-always) also works from within a note.
  if (isTyping(event.target) && !(name === "Escape" && chosen(withKey(name))?.hasAttribute("data-key-always"))) return;
  if (!keysAreOn() && name !== "?") return;
  // Enter on a link or a button belongs to that link or button.
  if (name === "Enter" && event.target.closest?.("a, button, summary, [role='button']")) return;

  const now = performance.now();
  const sequence = now - beforeAt < SEQUENCE_MILLISECONDS ? `${before} ${name}` : "";
  before = name;
  beforeAt = now;
  const element = (sequence && chosen(withKey(sequence))) || chosen(withKey(name));
  if (!element) return;
  event.preventDefault();
  press(element);
});

function labelOf(element) {
  const named = element.dataset.keyLabel ?? element.getAttribute("aria-label");
  if (named && !element.closest("[data-key-scope]")) return named;
  const spoken = (element instanceof HTMLInputElement ? element.labels[0] : element).cloneNode(true);
  for (const unspoken of spoken.querySelectorAll("kbd, svg, input, .option__hint")) unspoken.remove();
  return spoken.textContent.trim().replace(/\s+/g, " ");
}

function printed(key) {
  return key.split(" ").map((part) => (part.length === 1 ? part.toUpperCase() : part)).join(" then ");
}

function list() {
  const rows = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    const { key } = element.dataset;
    if (!rows.has(key) && !element.disabled && isVisible(element)) rows.set(key, labelOf(element));
  }
  return [...rows].flatMap(([key, label]) => {
    const term = document.createElement("dt");
    const cap = document.createElement("kbd");
    cap.className = "kbd kbd--always";
    cap.textContent = printed(key);
    term.append(cap);
    const meaning = document.createElement("dd");
    meaning.textContent = label;
    return [term, meaning];
  });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-keys-open]");
  if (opener) {
    document.querySelector("[data-keys-list]").replaceChildren(...list());
    document.getElementById("keys-dialog").showModal();
  }
  if (event.target.closest?.("[data-keys-switch]")) {
    document.cookie = `${COOKIE}=${keysAreOn() ? "off" : "on"}; path=/; max-age=31536000; samesite=lax`;
    showSwitch();
  }
});

for (const opener of document.querySelectorAll("[data-keys-open]")) opener.hidden = false;
showSwitch();
