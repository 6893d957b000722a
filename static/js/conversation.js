// Moving through a conversation: next and previous turn, next and previous flagged turn, and the window on the strip.
// Buttons carry data-move="next|previous|next-flagged|previous-flagged"; without this module they are plain links.

const SVG = "http://www.w3.org/2000/svg";
const conversation = document.querySelector("[data-conversation]");
// The parts of the conversation that are on the page, each with its turns where they were asked for.
let parts = null;

function turns(flagged, root = conversation) {
  const all = [...root.querySelectorAll(flagged ? "[data-turn][data-flagged]" : "[data-turn]")];
  return all.filter((turn) => !turn.closest("details.fold:not([open])"));
}

function edge() {
  const bar = document.querySelector(".case__strip");
  return bar ? bar.getBoundingClientRect().bottom : 0;
}

// What stands in order is found by halving, however long the conversation is.
function firstBelow(all, line) {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].getBoundingClientRect().bottom > line) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The first turn that ends below a line of the screen. First the part is found, since to ask where a turn stands lays
// out its whole part, and those far from the screen are not laid out.
function turnBelow(line) {
  parts ??= [...conversation.querySelectorAll("[data-turns]")].map((part) => ({ part, all: null }));
  const turnsOf = (one) => (one.all ??= turns(false, one.part));
  for (let place = firstBelow(parts.map(({ part }) => part), line); place < parts.length; place += 1) {
    const all = turnsOf(parts[place]);
    const found = all[firstBelow(all, line)];
    if (found) return found;
  }
  return parts.length ? turnsOf(parts.at(-1)).at(-1) : undefined;
}

// Turns came, or a fold opened or closed.
for (const name of ["settled", "toggle"]) document.addEventListener(name, () => { parts = null; }, true);

function current() {
  return document.activeElement?.closest("[data-turn]")
    ?? conversation.querySelector("[data-turn][aria-current]");
}

function mark(turn) {
  for (const other of conversation.querySelectorAll("[data-turn][aria-current]")) other.removeAttribute("aria-current");
  turn.setAttribute("aria-current", "true");
}

function go(turn) {
  const fold = turn.closest("details.fold");
  if (fold) fold.open = true;
  mark(turn);
  turn.focus({ preventScroll: true });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  turn.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "instant" });
}

function move(direction, flagged) {
  const all = turns(flagged);
  const here = current();
  const line = edge();
  const top = here ?? turnBelow(line);
  // Without a turn in focus, from the first whose beginning is on the screen.
  const counts = !here && top?.getBoundingClientRect().top >= line;
  const isAfter = (turn) => (turn === top
    ? counts
    : top && top.compareDocumentPosition(turn) & Node.DOCUMENT_POSITION_FOLLOWING);
  const target = direction === "next"
    ? all.find((turn) => turn !== here && isAfter(turn))
    : all.findLast((turn) => turn !== here && !isAfter(turn));
  if (target) go(target);
  return Boolean(target);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-move]");
  if (button?.dataset.move.startsWith("grow-")) return;
  if (button) {
    const [direction, flagged] = button.dataset.move.split("-");
    event.preventDefault();
    if (move(direction, Boolean(flagged))) return;
    // The end of what is on the page: windows.js knows how to get more.
    const beyond = new CustomEvent("move-beyond", { detail: { direction, flagged: Boolean(flagged), here: current() } });
    document.dispatchEvent(beyond);
    return;
  }
  const link = event.target.closest?.('a[href*="#m-"]');
  const place = link?.getAttribute("href").split("#")[1];
  const turn = place && document.getElementById(place);
  if (turn) {
    event.preventDefault();
    history.replaceState(history.state, "", `#${place}`);
    // A sheet over the conversation would hide the turn.
    const sheet = link.closest("[data-drawer]");
    if (sheet && !matchMedia(sheet.dataset.drawer).matches) sheet.open = false;
    go(turn);
  }
});

conversation?.addEventListener("focusin", (event) => {
  const turn = event.target.closest("[data-turn]");
  if (turn) mark(turn);
});

// Another module leads here: a turn that was revealed keeps the place, one that was looked for is brought to sight.
document.addEventListener("go-to-turn", (event) => {
  const { turn, scroll } = event.detail;
  if (scroll) go(turn);
  else {
    mark(turn);
    turn.focus({ preventScroll: true });
  }
});

// The strip shows which part of the conversation is on the screen.
const strip = document.querySelector("[data-strip] svg");
if (strip && conversation) {
  const part = document.createElementNS(SVG, "rect");
  part.setAttribute("class", "risk-strip__window");
  part.setAttribute("y", "0");
  part.setAttribute("height", "100");
  strip.append(part);

  const columns = [...strip.querySelectorAll("a")].map((link) => Number(link.getAttribute("href").split("#m-")[1]));
  let waiting = false;
  let drawn = "";

  const columnOf = (turn) => Math.max(0, columns.findLastIndex((number) => number <= Number(turn.dataset.turn)));

  // Once a frame at most, when the page is scrolled or changes.
  const draw = () => {
    waiting = false;
    const first = turnBelow(edge());
    if (!first) return;
    const from = columnOf(first);
    const wide = columnOf(turnBelow(innerHeight)) - from + 1;
    if (drawn === `${from} ${wide}`) return;
    drawn = `${from} ${wide}`;
    part.setAttribute("x", String(from));
    part.setAttribute("width", String(wide));
  };

  const ask = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  };
  // Dragged, it scrolls through what is on the page; a press leads to any turn, also to one that has yet to come.
  const turnAt = (across) => {
    const box = strip.getBoundingClientRect();
    const place = Math.floor(((across - box.left) / box.width) * columns.length);
    return document.getElementById(`m-${columns[Math.max(0, Math.min(columns.length - 1, place))]}`);
  };
  let held = false;
  strip.addEventListener("pointerdown", (event) => { held = event.isPrimary && event.button === 0; });
  strip.addEventListener("dragstart", (event) => event.preventDefault());
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { held = false; });
  addEventListener("pointermove", (event) => {
    const turn = held && turnAt(event.clientX);
    if (turn) scrollBy({ top: turn.getBoundingClientRect().top - edge(), behavior: "instant" });
  });

  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask);
  document.addEventListener("settled", ask);
  // A fold that opens or closes.
  conversation.addEventListener("toggle", ask, true);
  draw();
}
