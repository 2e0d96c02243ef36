// Results follow the typing: fetches the search's page after a pause, and puts its main part in
// place of this one. Without this script, the search's button does the same.
const box = document.querySelector(".search-box");
const field = box.elements.q;
const status = box.querySelector("[data-found]");
const PAUSE_MS = 150;

let searching;
let timer;
// The address of what is shown.
let here = current();

function current() {
  return location.pathname + location.search;
}

// The form with quantities if it must be sent along, so that the response has what was typed. A
// form that is awake has stored that in the tab.
function typedForm() {
  const form = document.querySelector("main form[action$='/api/checkout']:not([data-awake])");
  const fields = form?.querySelectorAll("input[name^='quantity[']") ?? [];
  return [...fields].some((field) => Number(field.value) > 0) ? form : undefined;
}

async function search() {
  clearTimeout(timer);
  searching?.abort();
  searching = new AbortController();
  const { signal } = searching;
  const address = new URL(box.action);
  address.searchParams.set("q", field.value);
  const form = typedForm();
  const body = form && new URLSearchParams(new FormData(form));
  try {
    const response = await fetch(address, body ? { method: "POST", body, signal } : { signal });
    // Busy or stopped: the page stays, and the button still works.
    if (!response.ok) return;
    const html = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!signal.aborted) show(html, address);
  } catch {
    // As above, or another search has begun.
  }
}

function show(html, address) {
  const main = document.adoptNode(html.querySelector("main"));
  // The back button leads to the page before, and does not stop at each letter.
  if (location.pathname === address.pathname) history.replaceState(history.state, "", address);
  else history.pushState(null, "", address);
  here = current();
  document.querySelector("main").replaceWith(main);
  document.title = html.title;
  // Read aloud, as the focus stays in the field.
  status.textContent = main.querySelector("[data-heading]")?.textContent ?? "";
  // The first page without an island has not loaded what wakes them.
  const script = main.querySelector("script[data-module]");
  if (script && !window.__hydrateIsland) {
    const fresh = document.createElement("script");
    for (const { name, value } of script.attributes) fresh.setAttribute(name, value);
    document.head.append(fresh);
  }
  for (const island of main.querySelectorAll("leptos-island")) {
    // Until Leptos is ready it cannot wake them, and will find them with all others.
    window.__hydrateIsland?.(island, island.dataset.component).catch(() => {});
  }
}

function searchSoon() {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE_MS);
}

field.addEventListener("input", (event) => event.isComposing || searchSoon());
field.addEventListener("compositionend", searchSoon);
box.addEventListener("submit", () => clearTimeout(timer));

// The page of the earlier address has been replaced. Links within a page change no address.
window.addEventListener("popstate", () => {
  if (current() !== here) location.reload();
});
