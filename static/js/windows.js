// A long conversation is on the page in parts. Here they are joined on when they are reached, and a turn that is not on
// the page is fetched in place of what is; without this module each part is a page of its own.

const NEAR_PIXELS = 1500;
const conversation = document.querySelector("[data-conversation]");
const transcript = () => document.getElementById("transcript");
let scrolledTo = scrollY;

// --- Joining on ----------------------------------------------------------------------------------

const reached = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting && target.dataset.reach === "later") window.htmx.trigger(target, "reached");
  }
}, { rootMargin: `${NEAR_PIXELS}px` });

function watch() {
  reached.disconnect();
  for (const link of conversation.querySelectorAll("[data-reach]")) reached.observe(link);
}

// Earlier turns come only to who scrolls up, never on opening the page.
addEventListener("scroll", () => {
  const isUp = scrollY < scrolledTo;
  scrolledTo = scrollY;
  const link = isUp && conversation.querySelector("[data-reach='earlier']");
  if (link && link.getBoundingClientRect().bottom > -NEAR_PIXELS) window.htmx.trigger(link, "reached");
}, { passive: true });

// A part that is not on the screen counts with a guess, until it is laid out once: above what is being read it must not
// be one.
function keepHeight(part) {
  if (!part) return;
  part.style.contentVisibility = "visible";
  part.style.containIntrinsicBlockSize = `auto ${part.getBoundingClientRect().height}px`;
  part.style.contentVisibility = "";
}

// What is being read stays where it is while earlier turns are put above it.
let anchor = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "turns_earlier") return;
  const turn = conversation.querySelector("[data-turn]");
  document.documentElement.style.overflowAnchor = "none";
  anchor = { turn, top: turn.getBoundingClientRect().top };
});
document.addEventListener("htmx:afterSwap", () => {
  if (!anchor) return;
  keepHeight(conversation.querySelector("[data-turns]"));
  scrollBy({ top: anchor.turn.getBoundingClientRect().top - anchor.top, behavior: "instant" });
  document.documentElement.style.overflowAnchor = "";
  scrolledTo = scrollY;
  anchor = null;
});

// --- Fetching a turn -------------------------------------------------------------------------------

function goTo(number) {
  const turn = document.getElementById(`m-${number}`);
  if (turn) document.dispatchEvent(new CustomEvent("go-to-turn", { detail: { turn, scroll: true } }));
  return Boolean(turn);
}

async function fetchTurn(number) {
  await window.htmx.ajax("GET", `${transcript().dataset.turnsUrl}?at=${number}`, { target: "#transcript", swap: "outerHTML" });
  if (!goTo(number)) return;
  const start = Number(transcript().dataset.start);
  history.replaceState(history.state, "", `${start > 1 ? `?from=${start}` : location.pathname}#m-${number}`);
}

// A link to a turn that is not on the page would leave the page, and what is typed on it.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.('a[href*="#m-"]');
  if (!link || new URL(link.href?.baseVal ?? link.href, location.href).pathname !== location.pathname) return;
  event.preventDefault();
  fetchTurn(Number(link.getAttribute("href").split("#m-")[1]));
});

document.addEventListener("show-turn", (event) => {
  if (!goTo(event.detail.number)) fetchTurn(event.detail.number);
});

document.addEventListener("move-beyond", async (event) => {
  const { direction, flagged, here } = event.detail;
  const all = [...conversation.querySelectorAll("[data-turn]")];
  const edge = here ?? (direction === "next" ? all.at(-1) : all[0]);
  if (!edge) return;
  if (flagged) {
    const way = direction === "next" ? "after" : "before";
    const url = transcript().dataset.turnsUrl.replace(/turns$/, `flagged?${way}=${edge.dataset.turn}`);
    await window.htmx.ajax("GET", url, { target: "#transcript", swap: "outerHTML" });
    return;
  }
  const number = Number(edge.dataset.turn) + (direction === "next" ? 1 : -1);
  const link = conversation.querySelector(`[data-reach='${direction === "next" ? "later" : "earlier"}']`);
  if (link && number > 0) fetchTurn(number);
});

document.addEventListener("found", (event) => goTo(event.detail.number));

document.addEventListener("settled", watch);
watch();
