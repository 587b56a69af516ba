// Shows the images that fit the chosen instance type, and searches them.
// Without this script the page shows every row, and the server refuses what does not fit.
// The page holds only SHOWN rows at a time, to stay fast with thousands of images. The others
// come in a noscript, which is plain text here: we parse it into rows without a layout.
const SHOWN = 100;
const root = document.getElementById("hub-images");
const form = root.closest("form");

if (root.dataset.canStart === "false") {
  const start = form?.querySelector("[type=submit]");
  if (start) {
    start.disabled = true;
  }
} else {
  const list = document.getElementById("hi-list");
  const search = document.getElementById("hi-search");
  const count = document.getElementById("hi-count");
  const more = document.getElementById("hi-more");
  const types = [...root.querySelectorAll("input[name=instance_type]")];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const rest = document.createElement("template");
  const rows = [...labels()].map((label) => ({
    label,
    input: label.firstElementChild,
    type: label.dataset.t,
    text: null,
  }));

  function* labels() {
    const more = list.querySelector("noscript");
    more?.remove();
    rest.innerHTML = more?.textContent ?? "";
    yield* list.children;
    yield* rest.content.children;
  }

  const textOf = (row) => (row.text ??= fold(`${row.input.value}\n${row.label.textContent}`));
  let limit = SHOWN;

  const chosenType = () => types.find((input) => input.checked);
  const chosenRow = () => rows.find((row) => row.input.checked);

  function show() {
    const type = chosenType()?.dataset.t;
    const fitting = rows.filter((row) => row.type === "universal" || row.type === type);
    let chosen = chosenRow();
    if (!fitting.includes(chosen)) {
      if (chosen) chosen.input.checked = false;
      chosen = fitting[0];
      if (chosen) chosen.input.checked = true;
    }
    const words = fold(search?.value ?? "").split(/\s+/).filter(Boolean);
    const found = words.length
      ? fitting.filter((row) => words.every((word) => textOf(row).includes(word)))
      : fitting;
    const visible = found.slice(0, limit);
    // the chosen row stays in the form, whatever the search finds
    if (chosen && !visible.includes(chosen)) visible.unshift(chosen);
    list.replaceChildren(...visible.map((row) => row.label));
    more.hidden = found.length <= limit;
    if (search) search.hidden = false;
    count.hidden = false;
    count.textContent = words.length
      ? `${found.length} of ${fitting.length} images ${found.length === 1 ? "matches" : "match"}`
      : fitting.length === 0
        ? "No image fits this instance type."
        : `${fitting.length} ${fitting.length === 1 ? "image fits" : "images fit"} this instance type`;
    const start = form?.querySelector("[type=submit]");
    if (start) start.disabled = fitting.length === 0;
  }

  function preselect() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const type = types.find((input) => input.value === wanted.get("instance_type"));
    const row = rows.find((item) => item.input.value === wanted.get("image"));
    if (type) type.checked = true;
    if (row) {
      const current = chosenRow();
      if (current) current.input.checked = false;
      row.input.checked = true;
      if (!type && row.type !== "universal" && chosenType()?.dataset.t !== row.type) {
        const fitting = types.find((input) => input.dataset.t === row.type);
        if (fitting) fitting.checked = true;
      }
    }
    show();
  }

  for (const input of types) input.addEventListener("change", () => { limit = SHOWN; show(); });
  search?.addEventListener("input", () => { limit = SHOWN; show(); });
  search?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // Enter must not start a server
  });
  more.addEventListener("click", () => { limit += SHOWN; show(); });
  // a row that is not in the page has left its radio group
  list.addEventListener("change", (event) => {
    for (const row of rows) if (row.input !== event.target) row.input.checked = false;
  });
  addEventListener("hashchange", preselect);
  preselect();
  // fold the texts before the first search needs them
  (window.requestIdleCallback ?? setTimeout)(() => rows.forEach(textOf));
}
