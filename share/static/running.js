// The servers that run an image. Everything works without this file. It selects all, and
// makes the question whether to stop them a modal dialog.
import "./session.js";

const boxes = [...document.querySelectorAll("input[name=servers][type=checkbox]")];
const selectAll = document.getElementById("select-all");

function showChosen() {
  const chosen = boxes.filter((box) => box.checked).length;
  document.getElementById("chosen").textContent = chosen ? `${chosen} chosen` : "None chosen";
  selectAll.checked = chosen === boxes.length;
  selectAll.indeterminate = chosen > 0 && chosen < boxes.length;
  document.querySelector("#stop button").disabled = chosen === 0;
}

if (selectAll) {
  document.getElementById("select-all-box").hidden = false;
  selectAll.addEventListener("change", () => {
    for (const box of boxes) {
      box.checked = selectAll.checked;
    }
    showChosen();
  });
  for (const box of boxes) {
    box.addEventListener("change", showChosen);
  }
  // Firefox and the back button restore ticks without a change event
  window.addEventListener("pageshow", showChosen);
  showChosen();
}

document.getElementById("problem")?.focus();

// the server renders the dialog open for browsers without scripts
const dialog = document.getElementById("stop-dialog");
if (dialog) {
  dialog.close();
  dialog.showModal();
}
