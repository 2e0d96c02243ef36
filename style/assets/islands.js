// Loads the WASM module, and wakes the islands with it. Pages without islands do not load this.
(() => {
  if (window.__hydrateIsland) return;
  const { module, wasm } = document.currentScript.dataset;
  // The search may wake an island that is about to be woken with all others.
  const woken = new WeakSet();
  let loading;

  // Between two parts of the work, the browser answers what the shopper does.
  const pause = () => new Promise((done) => setTimeout(done));

  function load() {
    // Both at once. Pictures are more urgent than either.
    loading ??= Promise.all([import(module), fetch(wasm, { priority: "low" })]).then(
      async ([code, response]) => {
        await code.default({ module_or_path: response });
        await pause();
        code.hydrate();
        return code;
      },
    );
    return loading;
  }

  // Also for islands that are added to the page later.
  window.__hydrateIsland = async (island, id) => {
    if (woken.has(island)) return;
    woken.add(island);
    const code = await load();
    await pause();
    return code[id](island);
  };

  function wakeAll() {
    for (const island of document.querySelectorAll("leptos-island")) {
      // Without it, the page works as it does without scripts.
      window.__hydrateIsland(island, island.dataset.component).catch(() => {});
    }
  }

  const idle = window.requestIdleCallback ?? setTimeout;
  const start = () => idle(wakeAll);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
