// What a form cannot do. Everything works without this script.

// A submit button of a form with `data-confirm` asks first, in a dialog.
for (const button of document.querySelectorAll("button[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (button.dataset.confirmed) return;
    event.preventDefault();
    const dialog = document.createElement("dialog");
    const text = document.createElement("p");
    text.textContent = button.dataset.confirm;
    const yes = document.createElement("button");
    yes.className = "btn btn-primary";
    yes.textContent = button.textContent;
    const no = document.createElement("button");
    no.className = "btn btn-outline";
    no.textContent = document.body.dataset.cancel;
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      dialog.close();
      button.dataset.confirmed = "yes";
      button.form?.requestSubmit(button);
      delete button.dataset.confirmed;
    });
    const actions = document.createElement("p");
    actions.className = "actions";
    actions.append(yes, " ", no);
    dialog.append(text, actions);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  });
}

// `<input type="checkbox" data-select-all="order">` ticks all boxes whose names begin so.
for (const all of document.querySelectorAll("input[data-select-all]")) {
  all.hidden = false;
  all.addEventListener("change", () => {
    const boxes = all.form ?? document;
    for (const box of boxes.querySelectorAll(`input[type=checkbox][name^="${all.dataset.selectAll}"]`)) {
      box.checked = all.checked;
    }
  });
}

// `<button hidden data-print>` prints the page.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// `<input type="file" data-preview>` shows the chosen pictures below it, and says why one will be
// refused.
for (const input of document.querySelectorAll("input[type=file][data-preview]")) {
  const shown = document.createElement("div");
  shown.ariaLive = "polite";
  input.after(shown);
  const refuse = (file, reason) => {
    const text = document.createElement("p");
    text.className = "invalid-feedback d-block";
    text.textContent = `${file.name}: ${reason}`;
    shown.append(text);
  };
  input.addEventListener("change", async () => {
    shown.replaceChildren();
    for (const file of input.files) {
      if (!input.accept.split(",").includes(file.type)) {
        refuse(file, input.dataset.kind);
        continue;
      }
      if (file.size > Number(input.dataset.maxBytes)) {
        refuse(file, input.dataset.bytes);
        continue;
      }
      try {
        const bitmap = await createImageBitmap(file);
        const canvas = document.createElement("canvas");
        canvas.className = "row-picture";
        [canvas.width, canvas.height] = [128, 96];
        canvas.getContext("2d").drawImage(bitmap, 0, 0, 128, 96);
        shown.append(canvas, " ");
      } catch {
        refuse(file, input.dataset.unreadable);
      }
    }
  });
}

// `<input type="color" data-color-of="accent">` sets the field of this name, and shows its colour.
for (const picker of document.querySelectorAll("input[type=color][data-color-of]")) {
  const field = picker.form.elements[picker.dataset.colorOf];
  const first = picker.value;
  const show = () => {
    picker.value = /^#[\da-f]{6}$/i.test(field.value) ? field.value : first;
  };
  picker.hidden = false;
  picker.addEventListener("input", () => {
    field.value = picker.value;
  });
  field.addEventListener("input", show);
  show();
}
