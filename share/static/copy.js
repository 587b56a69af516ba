// Copies text at the press of a button: <button data-copy="text" hidden>…</button>. Only where
// this script runs is the button shown. `data-copied` is the sentence to say when it is done, in
// the page's element with the id "copied", which is a role=status. It goes away after a while.

const TOLD_MILLISECONDS = 6000;
let told; // the timer that takes it away

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // over plain http there is no clipboard for scripts
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.style.position = "fixed";
  const focused = document.activeElement;
  (focused?.closest("dialog") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}

// What could not be copied stays: people copy it by hand.
function say(text, done) {
  const said = document.getElementById("copied");
  clearTimeout(told);
  said.textContent = text;
  if (done) {
    told = setTimeout(() => said.replaceChildren(), TOLD_MILLISECONDS);
  }
}

export function showCopyButtons(within) {
  for (const button of within.querySelectorAll("[data-copy]")) {
    button.hidden = false;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const { copy: text, copied } = button.dataset;
  const done = await copy(text);
  say(done ? (copied ?? "Copied.") : `Could not copy it. It is: ${text}`, done);
});

showCopyButtons(document);
