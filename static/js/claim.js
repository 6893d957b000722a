// Says two minutes before a claim ends that it will, and then that it has. It extends nothing by itself: to go on is
// a person's act. The server holds the time; here it is only said.

const WARNING_MILLISECONDS = 120_000;
const LONGEST_TIMER = 2_000_000_000;
let timer = 0;

function check() {
  clearTimeout(timer);
  const warning = document.querySelector("[data-claim-warning]");
  const end = warning?.closest(".claim-bar").querySelector("time[data-until]");
  if (!end) return;
  const left = new Date(end.dateTime) - Date.now();
  if (left <= WARNING_MILLISECONDS) {
    const sentence = left > 0 ? warning.dataset.soon : warning.dataset.over;
    if (warning.textContent !== sentence) warning.textContent = sentence;
    warning.hidden = false;
    warning.closest(".claim-bar").classList.add("claim-bar--soon");
  }
  if (left > 0) {
    const next = left > WARNING_MILLISECONDS ? left - WARNING_MILLISECONDS : left;
    timer = setTimeout(check, Math.min(next + 50, LONGEST_TIMER));
  }
}

document.addEventListener("settled", check);
document.addEventListener("visibilitychange", check);
check();
