// The preview of an action on several images. Everything works without this file.
import { markSent } from "./chosen_store.js";
import { GroupField } from "./group_field.js";
import "./session.js";

const form = document.getElementById("confirm");
form?.addEventListener("submit", () => markSent(form.dataset.store));

const field = document.getElementById("group-field");
if (field) {
  const groups = new GroupField(field);
  document.getElementById("values").addEventListener("formdata", ({ formData }) => {
    formData.append("groups_json", JSON.stringify(groups.chosen));
  });
}

// What has to be read or given first has the focus: a problem, a value, or what would change, from
// where the next stops lead to Confirm.
const problem = document.getElementById("problem");
const summary = document.getElementById("summary");
const invalid = document.querySelector("[aria-invalid]");
const value = document.querySelector("#values :is(input:not([type=hidden]), select, textarea)");
(invalid ?? problem ?? summary ?? value)?.focus();
