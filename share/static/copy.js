// Copies text at the press of a button: <button data-copy="text" hidden>…</button>. Only where
// this script runs is the button shown. `data-copied` is the sentence to say when it is done, in
// the page's element with the id "copied", which is a role=status.

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

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const { copy: text, copied } = button.dataset;
  const said = document.getElementById("copied");
  const done = await copy(text);
  said.textContent = done ? (copied ?? "Copied.") : `Could not copy it. It is: ${text}`;
});
