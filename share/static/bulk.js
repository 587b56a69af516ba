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
    groups.chosen.forEach((name) => formData.append("groups", name));
  });
}

document.getElementById("problem")?.focus();
(document.querySelector("[aria-invalid]") ?? document.querySelector("#values:not(:has(~ #summary)) :is(input:not([type=hidden]), select, textarea)"))?.focus();
