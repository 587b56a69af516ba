// The page of one image. Everything works without this file. It asks before deleting in a modal
// dialog with a fresh number, and takes away what was said about a copy.
import { xsrfToken } from "./session.js";

const TOLD_MILLISECONDS = 6000;

// --- the dialog: the server has filled it in
const dialog = document.getElementById("delete-dialog");

async function showUsage() {
  const sentence = document.getElementById("delete-usage");
  sentence.textContent = "Asking the hub which servers are running …";
  let usage = null;
  try {
    const response = await fetch(document.getElementById("image-script").dataset.usage, {
      headers: { "X-XSRFToken": xsrfToken() ?? "" },
    });
    usage = response.ok ? await response.json() : null;
  } catch {
    // the sentence below tells people
  }
  sentence.textContent =
    usage?.sentence ?? "Could not find out whether running servers use this image.";
}

document.getElementById("ask")?.addEventListener("submit", (event) => {
  event.preventDefault();
  dialog.showModal();
  showUsage();
});

// for browsers without scripts the server renders it open
if (dialog?.open) {
  dialog.close();
  dialog.showModal();
}

// --- what was copied is said for a while
const copied = document.getElementById("copied");
let told;
new MutationObserver(() => {
  clearTimeout(told);
  if (copied.textContent) {
    told = setTimeout(() => copied.replaceChildren(), TOLD_MILLISECONDS);
  }
}).observe(copied, { childList: true });
