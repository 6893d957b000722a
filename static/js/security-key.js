// Asks a security key through the browser (WebAuthn) and posts what it answers with the form around the button.
// Where the browser cannot, the button stays hidden: a code opens the same door.

const WAYS = {
  create: (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

async function ask(button) {
  const form = button.form;
  if (!form.reportValidity()) return;
  const said = form.querySelector("[data-key-said]");
  said.textContent = "Touch your key, or follow what your browser asks.";
  button.disabled = true;
  try {
    const answer = await WAYS[button.dataset.keyAsks](JSON.parse(button.dataset.keyOptions));
    form.elements.key.value = JSON.stringify(answer.toJSON());
    form.submit();
  } catch {
    said.textContent = "No key answered. Try it again, or use a code.";
    button.disabled = false;
  }
}

if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  for (const button of document.querySelectorAll("[data-key-asks]")) {
    button.hidden = false;
    button.addEventListener("click", () => ask(button));
  }
}
