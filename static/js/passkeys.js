// Asks the browser for a passkey and posts its answer with the form. Where this cannot run, the page says what to do.

const form = document.querySelector("form[data-passkey]");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function asked() {
  const options = JSON.parse(form.dataset.passkey);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const known of [...(options.excludeCredentials || []), ...(options.allowCredentials || [])]) {
    known.id = bytes(known.id);
  }
  return options;
}

function answer(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function send(event) {
  event.preventDefault();
  const failed = form.querySelector("[data-failed]");
  failed.hidden = true;
  try {
    const publicKey = asked();
    const ask = publicKey.user ? "create" : "get";
    form.elements.answer.value = answer(await navigator.credentials[ask]({ publicKey }));
  } catch (error) {
    failed.hidden = false; // Turned away, timed out, or no such key: the person may try again, or use a code.
    return;
  }
  form.submit();
}

if (form && window.PublicKeyCredential) {
  form.querySelector("[data-without]").hidden = true;
  form.querySelector("[data-with]").hidden = false;
  form.addEventListener("submit", send);
}
