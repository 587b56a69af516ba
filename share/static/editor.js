// The form of an image. Everything works without this file. It finds groups, asks before typed
// text is lost, and focuses what went wrong.
import "./session.js";

const form = document.getElementById("image-form");

// --- send the chosen groups as one field: the server takes only some 1,000 fields
form.addEventListener("formdata", ({ formData }) => {
  const groups = formData.getAll("groups");
  formData.delete("groups");
  formData.append("groups_json", JSON.stringify(groups));
});

// --- focus what went wrong, so that it is read first
document.getElementById("problem")?.focus();

// --- ask before unsaved changes are lost
const typed = () => {
  const data = new FormData(form);
  data.delete("_xsrf");
  return JSON.stringify([...data]);
};
const opened = form.hasAttribute("data-unsaved") ? null : typed();
let leaving = false;

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
    leave();
  }
});
window.addEventListener("pageshow", () => { leaving = false; });

// --- edit groups: find, show only the chosen ones, count
const list = document.getElementById("group-list");
if (list) {
  const search = document.getElementById("group-search");
  const chosenOnly = document.getElementById("group-chosen");
  const count = document.getElementById("group-count");
  const rows = [...list.querySelectorAll(".form-check")].map((row) => ({
    row,
    box: row.querySelector("input"),
    text: row.querySelector("input").value.normalize("NFKC").toLowerCase(),
  }));

  const show = () => {
    const needle = search.value.trim().normalize("NFKC").toLowerCase();
    let shown = 0;
    for (const { row, box, text } of rows) {
      row.hidden = !text.includes(needle) || (chosenOnly.checked && !box.checked);
      shown += row.hidden ? 0 : 1;
    }
    const chosen = rows.filter(({ box }) => box.checked).length;
    const all = `${chosen} of ${rows.length} chosen`;
    count.textContent = shown < rows.length ? `${all}, ${shown} shown` : all;
  };
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    // Enter must not save
    if (event.key === "Enter") {
      event.preventDefault();
    }
  });
  chosenOnly.addEventListener("change", show);
  list.addEventListener("change", () => {
    // An unticked row stays in sight until the next search, so that it keeps the focus.
    const chosen = rows.filter(({ box }) => box.checked).length;
    count.textContent = `${chosen} of ${rows.length} chosen`;
  });
  document.getElementById("group-tools").hidden = false;
  show();
}
