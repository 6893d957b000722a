// Ctrl-K opens the dialog that finds a case, also while typing; without it, and without this module, it is a page.

const dialog = document.getElementById("find-dialog");
const opener = document.querySelector("[data-find]");

function open() {
  if (!dialog) return false;
  dialog.showModal();
  dialog.querySelector("#find_text").select();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  if (!opener || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  if (!open()) document.getElementById("find_text")?.focus();
});

opener?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (open()) event.preventDefault();
});

// Down and up through what was found.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const field = document.getElementById("find_text");
  const stops = [field, ...document.querySelectorAll("#found a")];
  const here = stops.indexOf(document.activeElement);
  if (!field || here < 0) return;
  event.preventDefault();
  stops[Math.max(0, Math.min(stops.length - 1, here + (event.key === "ArrowDown" ? 1 : -1)))].focus();
});

// What was looked for does not stay behind.
dialog?.addEventListener("close", () => {
  dialog.querySelector("form.find").reset();
  dialog.querySelector("#found").replaceChildren();
});
