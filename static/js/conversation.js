// Moving through a conversation: next and previous turn, next and previous flagged turn, and the window on the strip.
// Buttons carry data-move="next|previous|next-flagged|previous-flagged"; without this module they are plain links.

const SVG = "http://www.w3.org/2000/svg";
const conversation = document.querySelector("[data-conversation]");

function turns(flagged) {
  const all = [...conversation.querySelectorAll(flagged ? "[data-turn][data-flagged]" : "[data-turn]")];
  return all.filter((turn) => !turn.closest("details.fold:not([open])"));
}

function edge() {
  const bar = document.querySelector(".case__strip");
  return bar ? bar.getBoundingClientRect().bottom : 0;
}

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
  const isAfter = (turn) => (here
    ? here.compareDocumentPosition(turn) & Node.DOCUMENT_POSITION_FOLLOWING
    : turn.getBoundingClientRect().top >= edge());
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
  // Gathered once until the turns on the page change: a frame of scrolling looks at a dozen of them, not at all.
  let known = null;
  let drawn = "";

  // Turns stand in order, so the first one on the screen is found by halving, however long the conversation is.
  const firstBelow = (all, line) => {
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle].getBoundingClientRect().bottom > line) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const columnOf = (turn) => Math.max(0, columns.findLastIndex((number) => number <= Number(turn.dataset.turn)));

  const draw = () => {
    waiting = false;
    known ??= turns(false);
    if (!known.length) return;
    const first = Math.min(firstBelow(known, edge()), known.length - 1);
    const last = Math.min(firstBelow(known, innerHeight), known.length - 1);
    const from = columnOf(known[first]);
    const wide = columnOf(known[last]) - from + 1;
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
  const gather = () => {
    known = null;
    ask();
  };
  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask);
  document.addEventListener("htmx:afterSettle", gather);
  // A fold that opens or closes.
  conversation.addEventListener("toggle", gather, true);
  draw();
}
