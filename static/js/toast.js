// A toast is closed by its button; one that offers to take something back counts down and goes when that is no
// longer possible. Counted in seconds from when the page came, so that a clock that is wrong does no harm.

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-dismiss]")) event.target.closest(".toast").remove();
});

function remaining(form) {
  if (form.dataset.seconds) return Number(form.dataset.seconds) * 1000;
  return Math.max(0, new Date(form.dataset.expires) - Date.now());
}

function countDown(toast, end) {
  const left = toast.querySelector("[data-seconds-left]");
  const timer = setInterval(() => {
    const milliseconds = end - performance.now();
    if (milliseconds <= 0 || !toast.isConnected) {
      clearInterval(timer);
      toast.remove();
    } else if (left) {
      left.textContent = String(Math.ceil(milliseconds / 1000));
    }
  }, 250);
}

function watch(root) {
  for (const form of root.querySelectorAll("form[data-expires]:not([data-watched])")) {
    form.dataset.watched = "";
    countDown(form.closest(".toast"), performance.now() + remaining(form));
  }
}

document.addEventListener("settled", () => watch(document));
watch(document);
