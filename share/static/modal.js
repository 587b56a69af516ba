// Makes a dialog modal that the server renders open, which is for browsers without scripts.
export function makeModal(dialog) {
  if (dialog?.open) {
    dialog.close();
    dialog.showModal();
  }
}
