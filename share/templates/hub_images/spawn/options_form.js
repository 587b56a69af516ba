// Shows the images that fit the chosen instance type, searches them, and says what starts.
// Without this script the page shows every row, and the server refuses what does not fit.
// The page holds only SHOWN rows, to stay fast with thousands of images: each key lays them out
// anew. The list is some ten rows high, and gets FURTHER rows as it is scrolled. The others come in
// a noscript, which is plain text here: we parse it into rows without a layout.
const SHOWN = 25;
const FURTHER = 100;
const IMAGE_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
const TYPE_NAME = /^[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?$/;
const find = (id) => document.getElementById(id);
const root = find("hub-images");
const form = root.closest("form");
// the hub's own button, which its template puts after everything in the form
const start = [...(form?.querySelectorAll("[type=submit]") ?? [])].at(-1);
const [list, search, count, more, elsewhere] =
  ["list", "search", "count", "more", "elsewhere"].map((part) => find(`hi-${part}`));
const [notice, bar, choice, copy, copied, link] =
  ["notice", "bar", "choice", "copy", "copied", "link"].map((part) => find(`hi-${part}`));
const number = new Intl.NumberFormat("en");
const fold = (text) => text.normalize("NFKC").toLowerCase();

let types = [];
let rows = [];
let type = null; // what is selected
let image = null;
let limit = SHOWN;
let pinned = null; // the selected row, where it stands above the others to be in sight
const kept = new Map(); // instance type → the image that was selected when another one was chosen

const fits = (row, to) => row.kind === "universal" || row.kind === to.kind;
const pair = () => `${image.shown} on ${type.shown}`;

function* elements() {
  const rest = document.createElement("template");
  const hidden = list.querySelector("noscript");
  hidden?.remove();
  rest.innerHTML = hidden?.textContent ?? "";
  yield* list.children;
  yield* rest.content.children;
}

// A row with its radio button, or the sentence that stands for the only image.
function readRow(element) {
  const input = element.querySelector("input");
  return { element, input, name: input.value, kind: element.dataset.t, texts: null, selected: null,
    get shown() { return element.querySelector("b").textContent; } };
}

// Only the selected row's links are tab stops, so that Start is not as many stops away as there
// are links. The description is told with the radio button.
function tend(row) {
  const selected = row === image;
  if (row.selected === selected || row.input.type === "hidden") return;
  if (row.selected === null) describe(row);
  row.selected = selected;
  for (const anchor of row.element.getElementsByTagName("a")) anchor.tabIndex = selected ? 0 : -1;
}

function describe(row) {
  const parts = [...row.element.children].filter((part) => /^hi-(tags|about)$/.test(part.className));
  parts.forEach((part, at) => { part.id = `hi-${at}-${row.name}`; });
  if (parts.length) row.input.setAttribute("aria-describedby", parts.map((part) => part.id).join(" "));
}

function readType(input) {
  const shown = input.parentElement.querySelector("b").textContent;
  return { input, name: input.value, kind: input.dataset.t, shown };
}

function tagOf(row) {
  const tag = row.element.querySelector(`[data-k=${type.kind}]`) ?? row.element.querySelector("code");
  return tag.textContent;
}

// What can be found: the name, and all that a row shows on instance types of the selected kind.
function textOf(row) {
  row.texts ??= readTexts(row);
  return row.texts[type.kind];
}

function readTexts(row) {
  const [label, ...beside] = row.element.children;
  // the links to documentation all say the same
  const others = beside.filter((part) => part.className !== "hi-doc").map((part) => part.textContent);
  const text = (head) => fold([row.name, head.textContent, ...others].join("\n"));
  if (!label.querySelector("[data-k]")) {
    const same = text(label);
    return { cpu: same, gpu: same };
  }
  const without = (kind) => {
    const head = label.cloneNode(true);
    head.querySelector(`[data-k=${kind}]`).remove();
    return text(head);
  };
  return { cpu: without("gpu"), gpu: without("cpu") };
}

// The image for an instance type: the one it had, else the newest choice that fits, else the first.
function imageFor(to) {
  const wanted = [kept.get(to), image, ...[...kept.values()].reverse(), ...rows];
  return wanted.find((row) => row && fits(row, to)) ?? null;
}

function select(toType, toImage) {
  if (toType !== type) {
    kept.delete(type);
    kept.set(type, image);
  }
  // a row that is not in the page has left its radio group
  if (image && image !== toImage) image.input.checked = false;
  const before = image;
  [type, image] = [toType, toImage];
  for (const row of [before, image]) if (row) tend(row);
  type.input.checked = true;
  if (image) image.input.checked = true;
  root.dataset.kind = type.kind;
}

function say(sentence) {
  if (notice.textContent.trim() === sentence) return;
  notice.replaceChildren();
  if (!sentence) return;
  const shown = document.createElement("p");
  shown.className = "alert alert-warning";
  shown.textContent = sentence;
  notice.append(shown);
}

function changeType(to) {
  const before = image;
  select(to, imageFor(to));
  limit = SHOWN;
  show();
  if (!before || !image || before === image) say("");
  else if (fits(before, to)) say(`${image.shown} is selected again, as it was with ${to.shown}.`);
  else say(`${before.shown} does not run on ${to.shown}. ${image.shown} is selected instead.`);
}

function show({ further = false } = {}) {
  showChoice();
  if (!search && !count) return; // there is no image to choose
  const words = fold(search?.value ?? "").split(/\s+/).filter(Boolean);
  const matches = (row) => words.every((word) => textOf(row).includes(word));
  const fitting = rows.filter((row) => fits(row, type));
  const found = words.length ? fitting.filter(matches) : fitting;
  // what is selected stays in the form, whatever is found
  if (!further) pinned = words.length || found.indexOf(image) >= limit ? image : null;
  const others = found.slice(0, limit).filter((row) => row !== pinned);
  place(pinned ? [pinned, ...others] : others);
  more.hidden = found.length <= limit;
  const [some, all] = [number.format(found.length), number.format(fitting.length)];
  if (words.length) count.textContent = `${some} of ${all} images ${found.length === 1 ? "matches" : "match"}`;
  else if (!fitting.length) count.textContent = "No image fits this instance type.";
  else count.textContent = `${all} ${fitting.length === 1 ? "image fits" : "images fit"} this instance type`;
  showElsewhere(rows.filter((row) => !fits(row, type) && matches(row)));
}

function showElsewhere(others) {
  const newest = [...[...kept.keys()].reverse(), ...types];
  const there = newest.find((to) => others.length && fits(others[0], to));
  elsewhere.hidden = !there;
  elsewhere.textContent = there ? `${number.format(others.length)} more with ${there.shown}` : "";
  elsewhere.onclick = () => changeType(there);
}

// Moves no row that stays: it may have the focus.
function place(visible) {
  visible.forEach(tend);
  const there = list.children;
  const same = there.length <= visible.length && [...there].every((element, at) => element === visible[at].element);
  if (same) {
    list.append(...visible.slice(there.length).map((row) => row.element));
  } else {
    list.replaceChildren(...visible.map((row) => row.element));
    scrollToSelection();
  }
}

function scrollToSelection() {
  if (!image || !list.contains(image.element)) return;
  // what is taller than that must not cover the list while it stays in sight
  image.element.classList.toggle("hi-tall", image.element.offsetHeight > list.clientHeight / 2);
  const before = image.element.previousElementSibling;
  list.scrollTop = before ? before.offsetTop + before.offsetHeight : 0;
}

function showChoice() {
  const tag = document.createElement("code");
  tag.textContent = image ? tagOf(image) : "";
  const text = image ? `${type.shown} · ${image.shown} ` : `No image fits ${type.shown}.`;
  choice.replaceChildren(text, tag);
  copied.textContent = "";
  link.hidden = true;
  copy.hidden = !image;
  if (start) start.disabled = !image;
}

// What a link names that is not there is named only if it can be a name: the page must not
// speak for whoever wrote the link.
function missing(what, pattern, name, found) {
  return name && !found ? [`the ${what}${pattern.test(name) ? ` ${name}` : ""}`] : [];
}

function followLink() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const [typeName, imageName] = [wanted.get("instance_type"), wanted.get("image")];
  if (!typeName && !imageName) return;
  const toType = types.find((to) => to.name === typeName);
  const toImage = rows.find((row) => row.name === imageName);
  const gone = [
    ...missing("instance type", TYPE_NAME, typeName, toType),
    ...missing("image", IMAGE_NAME, imageName, toImage),
  ];
  const instead = image ? ` ${pair()} is selected instead.` : "";
  if (gone.length) {
    const are = gone.length > 1 ? "which are" : "which is";
    say(`This link names ${gone.join(" and ")}, ${are} not available to you.${instead}`);
  } else if (toType && toImage && !fits(toImage, toType)) {
    say(`This link names ${toImage.shown}, which does not run on ${toType.shown}.${instead}`);
  } else {
    const there = toType ?? (fits(toImage, type) ? type : types.find((to) => fits(toImage, to)));
    select(there, toImage ?? imageFor(there));
    say("");
    show();
  }
}

async function copyLink() {
  const base = window.jhdata?.base_url ?? location.pathname.replace(/spawn.*/, "");
  const wanted = new URLSearchParams({ instance_type: type.name, image: image.name });
  link.value = `${location.origin}${base}spawn#${wanted}`;
  try {
    await navigator.clipboard.writeText(link.value);
    copied.textContent = "Link copied.";
  } catch {
    // over plain http, or where it is not allowed
    link.hidden = false;
    link.focus();
    link.select();
    copied.textContent = "Copy the selected link.";
  }
}

// Puts the hub's button beside what it starts, where both stay in sight.
function fillBar() {
  if (!start) return;
  const container = start.closest(".feedback-container") ?? start;
  container.before(bar);
  bar.append(container);
  bar.hidden = false;
  start.setAttribute("aria-describedby", choice.id);
}

function listen() {
  const stay = (event) => {
    if (event.key === "Enter") event.preventDefault(); // Enter must not start a server
  };
  for (const to of types) to.input.addEventListener("change", () => changeType(to));
  search?.addEventListener("input", () => { limit = SHOWN; show(); });
  search?.addEventListener("keydown", stay);
  link.addEventListener("keydown", stay);
  copy.addEventListener("click", copyLink);
  const showMore = () => { limit += FURTHER; show({ further: true }); };
  more?.addEventListener("click", showMore);
  list.addEventListener("scroll", () => {
    if (!more.hidden && list.scrollTop + 2 * list.clientHeight > list.scrollHeight) showMore();
  });
  list.addEventListener("change", (event) => {
    select(type, rows.find((row) => row.input === event.target));
    showChoice();
  });
  addEventListener("hashchange", followLink);
}

function open() {
  root.classList.add("hi-live");
  types = [...root.querySelectorAll("input[name=instance_type]")].map(readType);
  rows = [...elements()].map(readRow);
  const checked = (item) => item.input.checked || item.input.type === "hidden";
  type = types.find(checked) ?? types[0];
  select(type, rows.find(checked) ?? null);
  if (!image || !fits(image, type)) select(type, imageFor(type));
  fillBar();
  if (count) count.hidden = false;
  if (search) search.hidden = false;
  show();
  followLink();
  listen();
  type.input.closest("label")?.scrollIntoView({ block: "nearest" });
  image?.input.closest("label")?.scrollIntoView({ block: "nearest" }); // not all that the row says
  setTimeout(() => foldAhead([...rows]));
}

// Folds the texts before a search needs them, some at a time, because keys come in between.
function foldAhead(left) {
  left.splice(-200).forEach(textOf);
  if (left.length) setTimeout(() => foldAhead(left));
}

if (root.dataset.canStart === "true") open();
else if (start) start.disabled = true;
