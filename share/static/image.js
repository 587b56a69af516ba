// The page of one image. Everything works without this file. It asks before deleting in a modal
// dialog with a fresh number; the server has filled it in.
import "./copy.js";
import { showUsage } from "./delete_dialog.js";
import { makeModal } from "./modal.js";

const dialog = document.getElementById("delete-dialog");

document.getElementById("ask")?.addEventListener("submit", (event) => {
  event.preventDefault();
  dialog.showModal();
  showUsage([event.submitter.value]);
});
makeModal(dialog);
