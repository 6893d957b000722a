// Theme, greyscale and text size change at once, without leaving the page and what is typed on it.
// The server reads the same cookie; without this module the form is posted and does the same.

const COOKIE = "look";
const AFTER = { system: "light", light: "dark", dark: "system", on: "off", off: "on", normal: "large", large: "normal" };

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-preferences]") || !event.submitter) return;
  event.preventDefault();
  const { name, value } = event.submitter;
  form.querySelector(`input[name="${name}"]`).value = value;
  const look = new FormData(form);
  const root = document.documentElement.dataset;
  root.theme = look.get("theme");
  root.greyscale = look.get("greyscale");
  root.textSize = look.get("text_size");
  const secure = location.protocol === "https:" ? "; secure" : "";
  const advance = look.get("advance") === "off" ? ".off" : "";
  document.cookie = `${COOKIE}=${root.theme}.${root.greyscale}.${root.textSize}${advance}; path=/; max-age=31536000; samesite=lax${secure}`;
  showState(event.submitter, value);
});

function showState(button, value) {
  button.value = AFTER[value];
  if (button.name === "theme") {
    button.ariaLabel = button.title = `Theme: ${value}`;
  } else {
    button.ariaPressed = String(value === "on" || value === "large");
  }
}
