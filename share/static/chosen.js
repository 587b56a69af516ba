// Ticked rows of a table: counts them, lets one box tick them all, and Shift tick a range.

// A click with Shift, or Shift and Space, gives all boxes since the last one the same state.
export function tickRanges(boxes) {
  let last = null;
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const ends = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(ends[0], ends[1] + 1)) {
          if (between.checked !== box.checked) {
            between.checked = box.checked;
            between.dispatchEvent(new Event("change", { bubbles: true }));
          }
        }
      }
      last = box;
    });
  }
}

// Shows in the box that ticks all whether all are ticked, some, or none.
export function showSelectAll(selectAll, boxes) {
  const ticked = boxes.filter((box) => box.checked).length;
  selectAll.checked = ticked > 0 && ticked === boxes.length;
  selectAll.indeterminate = ticked > 0 && ticked < boxes.length;
}

// `buttons` act on the ticked rows, and can be pressed while there is one.
export function countChosen(boxes, buttons) {
  const selectAll = document.getElementById("select-all");

  function show() {
    const chosen = boxes.filter((box) => box.checked).length;
    document.getElementById("chosen").textContent = chosen ? `${chosen} chosen` : "None chosen";
    showSelectAll(selectAll, boxes);
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
  tickRanges(boxes);
  // Firefox and the back button restore ticks without a change event
  window.addEventListener("pageshow", show);
  show();
}
