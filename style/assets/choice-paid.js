// The order of what was chosen in this tab is paid or being paid: it is not chosen any more. The
// tab's attempt token tells whether it was this order.
const { attempt } = document.currentScript.dataset;
try {
  if (sessionStorage.getItem("till-choice")?.startsWith(attempt)) {
    sessionStorage.removeItem("till-choice");
  }
} catch {
  // The browser allows this page no storage, so there is nothing to remove.
}
