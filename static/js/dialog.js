// Opens dialogs where the browser does not yet know command="show-modal", and closes them by a click beside them.

const understands = "commandForElement" in HTMLButtonElement.prototype;

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.('button[command="show-modal"]');
  if (opener && !understands) document.getElementById(opener.getAttribute("commandfor"))?.showModal();
  if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
});
