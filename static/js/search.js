// Search inside the conversation: opened, one types at once; Escape in it hides all, as everywhere.

// Opened at once and not by the browser a moment later: what is typed in between would press buttons.
document.addEventListener("click", (event) => {
  const search = event.target.closest?.("#search > summary")?.parentElement;
  if (!search || search.open) return;
  event.preventDefault();
  search.open = true;
  document.getElementById("reveal_range")?.removeAttribute("open");
  document.getElementById("search_words")?.focus();
});

// Found, the list is where one goes on.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "search") return;
  (document.querySelector("#search .found a") ?? document.getElementById("search_words"))?.focus();
});

// A turn that was chosen is to be seen.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#search .found a")) document.getElementById("search").open = false;
});

document.addEventListener("hidden-all", () => {
  const search = document.getElementById("search");
  if (search) search.open = false;
});
