// What htmx may send and what becomes of the answers: the CSRF token, whole pages, no answer, and one act only once.

const BUSY_MILLISECONDS = 8000;

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
});

// A refusal or a conflict is a whole page, also when only a fragment was asked for: then it replaces the page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const answer = xhr.responseText.trimStart().slice(0, 15).toLowerCase();
  if (answer.startsWith("<!doctype html")) {
    event.detail.target = document.body;
    event.detail.swapOverride = "innerHTML show:window:top";
    event.detail.shouldSwap = true;
    document.addEventListener("htmx:afterSettle", () => document.getElementById("content")?.focus(), { once: true });
  } else if (xhr.status >= 400 && xhr.status !== 422 && !answer.startsWith("<")) {
    event.detail.shouldSwap = false;
    say(`The server answered ${xhr.status}. Nothing was changed on this page; try once more.`);
  }
});

// htmx says this of each element that came, fifty times for a part of a conversation: here once, when all are there.
let isSaid = false;
document.addEventListener("htmx:afterSettle", () => {
  if (isSaid) return;
  isSaid = true;
  queueMicrotask(() => {
    isSaid = false;
    document.dispatchEvent(new Event("settled"));
  });
});

document.addEventListener("htmx:sendError", () => {
  say("There was no answer from the server. What you typed is still here; try once more.");
});

function say(sentence) {
  const toasts = document.getElementById("toasts");
  if (!toasts) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  const text = document.createElement("span");
  text.className = "toast__text";
  text.textContent = sentence;
  const close = document.createElement("button");
  close.className = "button button--small";
  close.type = "button";
  close.dataset.dismiss = "";
  close.textContent = "Close";
  toast.append(text, close);
  toasts.replaceChildren(toast);
}

// The same key or button pressed twice sends one act. The server holds this too; here it only spares a refusal.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented && !form.hasAttribute("hx-post")) return;
  if (form.method !== "post") return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // After this turn of the event loop, so that the pressed button's own value is still sent.
  setTimeout(() => {
    if (event.defaultPrevented && !form.hasAttribute("hx-post")) return;
    form.setAttribute("aria-busy", "true");
    // A download leaves the page where it is: after a while the form may be sent again.
    setTimeout(() => form.removeAttribute("aria-busy"), BUSY_MILLISECONDS);
  });
}, true);

document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.elt.closest("form")?.removeAttribute("aria-busy");
});

// A page that the browser kept and shows again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll('form[aria-busy="true"]')) form.removeAttribute("aria-busy");
});

// An error summary is read first.
document.querySelector("[data-focus]")?.focus();

// htmx notes the address of the page in the session's storage; nothing of a case stays there.
window.addEventListener("pagehide", () => sessionStorage.removeItem("htmx-current-path-for-history"));
