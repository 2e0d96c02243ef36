// The response to a refused form is its page, under the URL of the form's target. Reloading that
// would send the form again, and sharing it would lead nowhere, so the page's own URL replaces it.
history.replaceState(history.state, "", document.currentScript.dataset.address);
