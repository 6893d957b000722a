// Moving through a conversation: next and previous turn, next and previous flagged turn, and the window on the strip.
// Buttons carry data-move="next|previous|next-flagged|previous-flagged"; without this module they are plain links.

const SVG = "http://www.w3.org/2000/svg";
const conversation = document.querySelector("[data-conversation]");

function turns(flagged) {
  return [...conversation.querySelectorAll(flagged ? "[data-turn][data-flagged]" : "[data-turn]")];
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
  if (button) {
    const [direction, flagged] = button.dataset.move.split("-");
    if (move(direction, Boolean(flagged))) event.preventDefault();
    return;
  }
  const link = event.target.closest?.('a[href^="#m-"]');
  const turn = link && document.getElementById(link.getAttribute("href").slice(1));
  if (turn) {
    event.preventDefault();
    history.replaceState(history.state, "", link.getAttribute("href"));
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

// A turn that htmx replaced (revealed) keeps the place.
document.addEventListener("htmx:afterSwap", (event) => {
  const id = event.detail.target.id;
  const turn = id?.startsWith("m-") && document.getElementById(id);
  if (turn) {
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
    const all = turns(false);
    if (!all.length) return;
    const first = Math.min(firstBelow(all, edge()), all.length - 1);
    const last = Math.min(firstBelow(all, innerHeight), all.length - 1);
    const from = columnOf(all[first]);
    part.setAttribute("x", String(from));
    part.setAttribute("width", String(columnOf(all[last]) - from + 1));
  };

  const ask = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  };
  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask);
  document.addEventListener("htmx:afterSettle", ask);
  draw();
}
