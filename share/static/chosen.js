// Counts the ticked rows of a table, and lets one box tick them all.

// `buttons` act on the ticked rows, and can be pressed while there is one.
export function countChosen(boxes, buttons) {
  const selectAll = document.getElementById("select-all");

  function show() {
    const chosen = boxes.filter((box) => box.checked).length;
    document.getElementById("chosen").textContent = chosen ? `${chosen} chosen` : "None chosen";
    selectAll.checked = chosen === boxes.length;
    selectAll.indeterminate = chosen > 0 && chosen < boxes.length;
    for (const button of buttons) {
      button.disabled = chosen === 0;
    }
  }

  document.getElementById("select-all-box").hidden = false;
  selectAll.addEventListener("change", () => {
    for (const box of boxes) {
      box.checked = selectAll.checked;
    }
    show();
  });
  for (const box of boxes) {
    box.addEventListener("change", show);
  }
  // Firefox and the back button restore ticks without a change event
  window.addEventListener("pageshow", show);
  show();
}
