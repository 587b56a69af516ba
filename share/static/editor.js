// The form of an image. Everything works without this file. It asks before typed text is lost,
// keeps what was sent until it has arrived, and focuses what went wrong.
import "./session.js";
import { GroupField } from "./group_field.js";
import { keptForm } from "./kept_form.js";
import { watchReferences } from "./reference_notes.js";

const form = document.getElementById("image-form");
const unsaved = document.getElementById("unsaved");
const groups = new GroupField(
  document.getElementById("group-field"), () => form.dispatchEvent(new Event("change")),
);

// --- send the chosen groups as one field: the server takes only some 1,000 fields
form.addEventListener("formdata", ({ formData }) => {
  formData.delete("groups_kept");
  formData.append("groups_json", JSON.stringify(groups.chosen));
});

const kept = keptForm(form, groups);
const sayNotes = watchReferences(form);

// --- say what is not saved, and ask before it is lost
const typed = () => {
  const data = new FormData(form);
  data.delete("_xsrf");
  data.delete("sending");
  return JSON.stringify([...data]);
};
let opened = form.hasAttribute("data-unsaved") ? null : typed();
let leaving = false;

function showUnsaved() {
  const text = typed() === opened ? "" : "Unsaved changes";
  if (unsaved.textContent !== text) {
    unsaved.textContent = text;
  }
}
form.addEventListener("input", ({ target }) => {
  if (target.name) { // not the field that finds groups, which is to be quick
    showUnsaved();
  }
});
form.addEventListener("change", showUnsaved);

window.addEventListener("beforeunload", (event) => {
  if (!leaving && typed() !== opened) {
    event.preventDefault();
  }
});
function leave() {
  leaving = true;
  // If no answer comes, people must be able to send the form again, and be asked again.
  setTimeout(() => { leaving = false; }, 3000);
}
for (const link of document.querySelectorAll("a[data-leave]")) {
  link.addEventListener("click", leave);
}

// --- drop a second press while the first is under way: it would find the name taken
form.addEventListener("submit", (event) => {
  if (leaving) {
    event.preventDefault();
  } else {
    kept.keep();
    leave();
  }
});
window.addEventListener("pageshow", () => { leaving = false; });

// --- give back what was sent and got no answer
const restored = document.getElementById("restored");
if (kept.restore()) {
  opened = null;
  sayNotes();
  restored.hidden = false;
  document.getElementById("discard").addEventListener("click", () => {
    kept.drop();
    leave();
    location.replace(location.href);
  });
}
showUnsaved();

// --- focus what has to be read first
(document.getElementById("problem") ?? (restored.hidden ? null : restored))?.focus();
