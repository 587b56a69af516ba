// Keeps what a form sent until its answer has come, for this tab and this user alone, and fills it in
// again if none came.
import { drop, keep, kept } from "./sent_forms.js";

function fill(form, groups, fields) {
  const values = new Map(fields);
  for (const control of form.elements) {
    if (!control.name || control.name === "_xsrf" || control.name.startsWith("groups")) {
      continue;
    }
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = values.get(control.name) === control.value;
    } else if (values.has(control.name)) {
      control.value = values.get(control.name);
    }
  }
  groups.choose(JSON.parse(values.get("groups_json") ?? "[]"));
  const start = document.getElementById("at-start");
  start.open ||= [...start.querySelectorAll("[name]")].some((control) => control.value);
}

export function keptForm(form, groups) {
  const from = new URLSearchParams(location.search).get("from") ?? "";
  const key = `${form.dataset.user}:${location.pathname}?${from}`;

  return {
    keep() {
      const number = Math.random().toString(36).slice(2) + Date.now().toString(36);
      form.elements.namedItem("sending").value = number;
      const data = new FormData(form);
      data.delete("_xsrf");
      keep(key, { number, fields: [...data] });
    },

    // Fills the form with what got no answer, and says whether there was something.
    restore() {
      const sent = kept(key);
      if (!sent || form.hasAttribute("data-unsaved")) {
        drop(key);
        return false;
      }
      fill(form, groups, sent.fields);
      return true;
    },

    drop: () => drop(key),
  };
}
