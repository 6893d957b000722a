// Messages that arrive while a case is open: asked for only while the page is looked at, shown only when wanted.

const line = document.getElementById("arrivals");
const seen = document.getElementById("seen");

line?.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === line && document.hidden) event.preventDefault();
});

// The question is asked by itself: when there is no answer to it, nobody is to be disturbed.
for (const name of ["htmx:beforeOnLoad", "htmx:sendError", "htmx:responseError"]) {
  line?.addEventListener(name, (event) => {
    const status = event.detail.xhr?.status ?? 0;
    if (event.detail.elt !== line || (status >= 200 && status < 300)) return;
    event.stopPropagation();
    event.preventDefault();
  });
}

document.addEventListener("visibilitychange", () => {
  if (line && !document.hidden) window.htmx.trigger(line, "look");
});

function nowSeen() {
  const revision = line.querySelector("[data-seen-revision]").value;
  const messages = line.querySelector("[data-seen-messages]").value;
  for (const field of document.querySelectorAll("[name='seen_revision']")) field.value = revision;
  for (const field of document.querySelectorAll("[name='seen_messages']")) field.value = messages;
  for (const link of document.querySelectorAll("a[href*='?seen=']")) {
    link.href = link.getAttribute("href").replace(/\?seen=\d+/, `?seen=${revision}`);
  }
  line.replaceChildren();
  document.getElementById("said").textContent = "The new messages are on the page.";
}

// Nothing above the new turns moves: they are joined on at the end, or fetched where the end is not on the page.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("#show_arrivals");
  if (!button) return;
  const turns = document.getElementById("transcript").dataset.turnsUrl;
  const first = Number(button.value);
  const isAtEnd = !document.querySelector("[data-reach='later']");
  if (!first) {
    const top = document.querySelector("[data-turn][aria-current]") ?? document.querySelector("[data-turn]");
    await window.htmx.ajax("GET", `${turns}?at=${top?.dataset.turn ?? 1}`, { target: "#transcript", swap: "outerHTML" });
  } else if (isAtEnd && !document.getElementById(`m-${first}`)) {
    await window.htmx.ajax("GET", `${turns}?after=${first - 1}`, { target: "#turns_later", swap: "outerHTML" });
  }
  if (first) document.dispatchEvent(new CustomEvent("show-turn", { detail: { number: first } }));
  nowSeen();
});
