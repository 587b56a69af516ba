// The preview of an action on several images. Everything works without this file.
import { markSent } from "./chosen_store.js";
import "./session.js";

const form = document.getElementById("confirm");
form?.addEventListener("submit", () => markSent(form.dataset.store));

document.getElementById("problem")?.focus();
(document.querySelector("[aria-invalid]") ?? document.querySelector("#values:not(:has(~ #summary)) :is(input:not([type=hidden]), select, textarea)"))?.focus();
