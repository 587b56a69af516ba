// The bar of the list: keeps what is chosen on other pages, counts it, and sends it along.
// Its menu opens and closes as the others do; see menus.js.
import { showSelectAll, tickRanges } from "./chosen.js";
import { keepChosen, readChosen } from "./chosen_store.js";

const MOST_IN_DIALOG = 100; // the dialog asks about them in one address

const number = (count) => count.toLocaleString("en");

// `boxes` are the ticks of this page. Returns `doomed()`, the chosen images for the dialog that
// asks before deleting, or null where the server has to ask.
export function startBar(form, boxes, store) {
  const { filters, matching } = form.dataset;
  const selectAll = document.getElementById("select-all");
  const allMatching = document.getElementById("all-matching");
  const status = document.getElementById("chosen");
  const clear = document.getElementById("clear-chosen");
  const here = new Map(boxes.map((box) => [box.value, box]));
  let { images, all } = { images: new Map(), all: "" };

  function choose(box) {
    images.set(box.value, [box.dataset.version, box.dataset.shown]);
  }

  // --- what was kept, and what the server ticked
  function restore() {
    ({ images, all } = readChosen(store));
    all = all === `all ${filters}` && allMatching ? all : ""; // of another search: no longer
    for (const box of boxes) {
      box.checked = images.has(box.value) || box.defaultChecked || Boolean(all);
      if (box.checked) {
        choose(box); // at the version that is in sight now
      }
    }
    show();
  }

  function counted() {
    if (all) {
      return `All ${number(Number(matching))} that match chosen`;
    }
    const other = [...images.keys()].filter((name) => !here.has(name)).length;
    const pages = other === 1 ? "another page" : "other pages";
    const elsewhere = other ? `, ${number(other)} on ${pages}` : "";
    return images.size ? `${number(images.size)} chosen${elsewhere}` : "";
  }

  function show() {
    const any = images.size > 0;
    form.toggleAttribute("data-shown", any);
    status.textContent = counted();
    clear.hidden = !any;
    showSelectAll(selectAll, boxes);
    if (allMatching) {
      allMatching.checked = Boolean(all);
      document.getElementById("all-matching-box").hidden = !all && !selectAll.checked;
    }
    for (const button of form.querySelectorAll("button[name=action]")) {
      button.disabled = !any;
    }
    keepChosen(store, { images, all });
  }

  function tick(box, checked) {
    box.checked = checked;
    if (checked) {
      choose(box);
    } else {
      images.delete(box.value);
      all = "";
    }
  }

  for (const box of boxes) {
    box.addEventListener("change", () => {
      tick(box, box.checked);
      show();
    });
  }
  tickRanges(boxes);

  selectAll.addEventListener("change", () => {
    boxes.forEach((box) => tick(box, selectAll.checked));
    show();
  });
  allMatching?.addEventListener("change", () => {
    boxes.forEach((box) => tick(box, true));
    all = allMatching.checked ? `all ${filters}` : "";
    show();
  });
  clear.addEventListener("click", () => {
    [images, all] = [new Map(), ""];
    boxes.forEach((box) => tick(box, false));
    show();
    selectAll.focus();
  });

  // --- keyboard: Enter on a tick comes here, Escape goes back
  let last = null;
  for (const box of [selectAll, ...boxes]) {
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault(); // which would press the bar's first button
        last = box;
        form.querySelector("button[name=action]:enabled")?.focus();
      }
    });
  }
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !form.querySelector("details[open]")) { // menus.js closes that
      (last ?? selectAll).focus();
    }
  });

  form.addEventListener("submit", () => {
    const others = all ? [] : [...images].filter(([name]) => !here.has(name));
    form.elements.namedItem("chosen").value = others
      .map(([name, [version]]) => `${name}=${version}`)
      .join(" ");
  });

  document.getElementById("select-all-box").hidden = false;
  // Firefox and the back button restore ticks of their own
  window.addEventListener("pageshow", restore);
  restore();

  return {
    doomed: () =>
      all || images.size > MOST_IN_DIALOG
        ? null
        : [...images].map(([name, [version, shown]]) => ({ name, version, shown })),
  };
}
