// Hides the columns that somebody has switched off; this browser keeps which. No module, and in
// the page before the table: so no column is painted first and then taken away.
(() => {
  const KEPT = "hub-images-hidden-columns";
  const boxes = [...document.querySelectorAll("#columns input")];

  function read() {
    try {
      return (localStorage.getItem(KEPT) ?? "").split(" ").filter(Boolean);
    } catch {
      return []; // a browser may keep nothing
    }
  }

  function show() {
    document.getElementById("main").dataset.hidden = boxes
      .filter((box) => !box.checked)
      .map((box) => box.value)
      .join(" ");
  }

  const hidden = read();
  for (const box of boxes) {
    box.checked = !hidden.includes(box.value);
    box.addEventListener("change", () => {
      show();
      try {
        localStorage.setItem(KEPT, document.getElementById("main").dataset.hidden);
      } catch {
        // then it is so until the page is left
      }
    });
  }
  show();
})();
