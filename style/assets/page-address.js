// A refused form is answered with its page, under the address of the form's target.
// Reloading it would send the form again, and sharing it would lead nowhere: so the page takes its own address.
history.replaceState(history.state, "", document.currentScript.dataset.address);
