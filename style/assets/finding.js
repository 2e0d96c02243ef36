// Results follow the typing: fetches the search's page after a pause, and puts its main part in
// place of this one. Without this script, the search's button does the same.
const box = document.querySelector(".search-box");
const field = box.elements.q;
const status = box.querySelector("[data-found]");
const PAUSE_MS = 150;

// The main parts of this tab's history since the page was loaded. The elements are kept with what
// was typed into them, so that the back button brings back everything.
let here = current();
const shown = new Map([[history.state?.finding ?? 0, here]]);
let searching;
let timer;

function current() {
  return {
    address: location.pathname + location.search,
    main: document.querySelector("main"),
    title: document.title,
    query: field.value,
  };
}

function addressOf(query) {
  const address = new URL(box.action);
  address.searchParams.set("q", query);
  return address;
}

// The form with quantities, if some were typed. It is sent along, so that the response has them.
function typedForm() {
  const form = document.querySelector("main form[action$='/api/checkout']");
  const fields = form?.querySelectorAll("input[name^='quantity[']") ?? [];
  return [...fields].some((field) => Number(field.value) > 0) ? form : undefined;
}

// Returns whether the results are shown, or another search has begun.
async function search() {
  clearTimeout(timer);
  searching?.abort();
  searching = new AbortController();
  const { signal } = searching;
  const query = field.value;
  const address = addressOf(query);
  const form = typedForm();
  const request = form
    ? { method: "POST", body: new URLSearchParams(new FormData(form)), signal }
    : { signal };
  try {
    const response = await fetch(address, request);
    // Busy or stopped: the page stays, and the button still works.
    if (!response.ok) return false;
    const html = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!signal.aborted) show(html, address, query);
    return true;
  } catch {
    return signal.aborted;
  }
}

function show(html, address, query) {
  const main = document.adoptNode(html.querySelector("main"));
  // From another page, the back button leads to it; while typing, it does not stop at each letter.
  const leaves = location.pathname !== address.pathname;
  const entry = (history.state?.finding ?? 0) + Number(leaves);
  if (leaves) {
    shown.set(entry - 1, { ...here, query: "" });
    history.pushState({ finding: entry }, "", address);
  } else {
    history.replaceState({ ...history.state, finding: entry }, "", address);
  }
  replace({ address: address.pathname + address.search, main, title: html.title, query });
  shown.set(entry, here);
  // Read aloud, as the focus stays in the field.
  status.textContent = main.querySelector("[data-heading]")?.textContent ?? "";
  for (const island of main.querySelectorAll("leptos-island")) {
    // Until Leptos is ready it cannot wake them, and will find them with all others.
    window.__hydrateIsland?.(island, island.dataset.component).catch(() => {});
  }
}

function replace(next) {
  document.querySelector("main").replaceWith(next.main);
  document.title = next.title;
  here = next;
}

field.addEventListener("input", (event) => {
  clearTimeout(timer);
  if (!event.isComposing) timer = setTimeout(search, PAUSE_MS);
});
field.addEventListener("compositionend", () => {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE_MS);
});

box.addEventListener("submit", (event) => {
  // Without quantities that would be lost, the browser needs no help.
  if (!typedForm()) return;
  event.preventDefault();
  search().then((found) => found || box.submit());
});

window.addEventListener("popstate", (event) => {
  const address = location.pathname + location.search;
  // A link within the page, such as to a field.
  if (address === here.address) return;
  clearTimeout(timer);
  searching?.abort();
  const before = shown.get(event.state?.finding ?? 0);
  if (before?.address !== address) return location.reload();
  replace(before);
  field.value = before.query;
});
