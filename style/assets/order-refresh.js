// Loads the order's page again where nothing else watches it: WebAssembly is switched off, did not load, or has stopped.
// After 3 seconds, then 5, then every 10, as data-delays says; the count of loads outlives them in this tab.
(() => {
  const order = document.querySelector("[data-token]");
  const delays = order.dataset.delays.split(",").map(Number);
  const name = `loads:${location.pathname}`;
  const loads = () => {
    try {
      return Number(sessionStorage.getItem(name)) || 0;
    } catch {
      return delays.length;
    }
  };
  let asked;
  const look = () => {
    if (order.dataset.asked !== asked) {
      asked = order.dataset.asked;
      return wait();
    }
    try {
      sessionStorage.setItem(name, loads() + 1);
    } catch {
      // Without a memory it is the longest delay each time.
    }
    location.reload();
  };
  const wait = () => setTimeout(look, delays[Math.min(loads(), delays.length - 1)] * 1000);
  wait();
})();
