// Keeps a page's moving part fresh while the worker is at it. Without scripts the page has a link that does the same.

const region = document.querySelector("[data-refresh]");
const said = document.querySelector("[data-said]");
const EVERY = 1500; // Milliseconds.
const SOON = 400; // A small file is done by then.

async function refresh() {
  let answer;
  try {
    answer = await fetch(region.dataset.refresh, { headers: { Accept: "text/html" } });
  } catch (error) {
    setTimeout(refresh, EVERY * 4); // No way to the server now.
    return;
  }
  if (answer.redirected || !answer.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-state]");
  if (!fresh || fresh.dataset.state !== region.firstElementChild.dataset.state) return location.reload();
  region.replaceChildren(fresh);
  if (said.textContent !== fresh.dataset.tenth) said.textContent = fresh.dataset.tenth; // Every tenth is read out.
  setTimeout(refresh, EVERY);
}

if (region && region.firstElementChild) setTimeout(refresh, SOON);
