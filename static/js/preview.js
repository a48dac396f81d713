// Shows what comes of a form while somebody fills it in. Without scripts a button does the same.

const region = document.querySelector("[data-preview]");
const written = document.querySelector("[data-written]");
const form = written.closest("form") ?? written.querySelector("form");
const PAUSE = 400; // Milliseconds without a key.
let waiting;
let latest = 0;

async function refresh() {
  const turn = ++latest;
  let answer;
  try {
    answer = await fetch(region.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  } catch (error) {
    return; // No way to the server now; the next key tries again.
  }
  if (answer.redirected || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-preview]");
  if (fresh && turn === latest) region.replaceChildren(...fresh.childNodes);
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, PAUSE);
});

document.querySelector("[data-refresh]")?.addEventListener("click", async (event) => {
  event.preventDefault(); // What was typed stays, also the secrets, which no page shows again.
  await refresh();
  region.scrollIntoView();
});
