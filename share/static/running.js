// The servers that run an image. Everything works without this file. It selects all, and
// makes the question whether to stop them a modal dialog.
import { countChosen } from "./chosen.js";
import { makeModal } from "./modal.js";
import "./session.js";

const boxes = [...document.querySelectorAll("input[name=servers][type=checkbox]")];
const form = document.getElementById("stop");
if (form) {
  countChosen(boxes, form.querySelectorAll("button"));
}

document.getElementById("problem")?.focus();

makeModal(document.getElementById("stop-dialog"));
