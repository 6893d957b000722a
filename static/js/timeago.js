// Keeps "12 min left" true while a page stays open: once every half minute, only while it is looked at.

const STEP_MILLISECONDS = 30_000;

function left(milliseconds) {
  if (milliseconds <= 0) return "time is over";
  const minutes = Math.ceil(milliseconds / 60_000);
  if (minutes < 120) return `${minutes} min left`;
  return `${Math.round(minutes / 60)} h left`;
}

function refresh() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-until]")) {
    const remaining = new Date(time.dateTime) - Date.now();
    time.textContent = left(remaining);
    time.closest(".claim-bar")?.classList.toggle("claim-bar--soon", remaining < 2 * 60_000);
  }
}

setInterval(refresh, STEP_MILLISECONDS);
document.addEventListener("visibilitychange", refresh);
