// Reloads the order's page if the island does not poll: WebAssembly is disabled, did not load, or
// has stopped. Delays in seconds are in data-delays; the last one repeats. The number of reloads is
// kept in the tab's sessionStorage.
(() => {
  const order = document.querySelector("[data-token]");
  const delays = order.dataset.delays.split(",").map(Number);
  const key = `loads:${location.pathname}`;
  const loads = () => {
    try {
      return Number(sessionStorage.getItem(key)) || 0;
    } catch {
      return delays.length;
    }
  };
  let polls;
  const reloadIfIdle = () => {
    // The island counts its polls in data-asked.
    if (order.dataset.asked !== polls) {
      polls = order.dataset.asked;
      return wait();
    }
    try {
      sessionStorage.setItem(key, loads() + 1);
    } catch {
      // Without sessionStorage every delay is the longest one.
    }
    location.reload();
  };
  const wait = () => setTimeout(reloadIfIdle, delays[Math.min(loads(), delays.length - 1)] * 1000);
  wait();
})();
