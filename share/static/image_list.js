// The list of images. Everything works without this file. It asks before deleting in a modal
// dialog with fresh numbers; its parts do the rest.
import { startBar } from "./bulk_bar.js";
import { forgetWhatIsDone, markSent } from "./chosen_store.js";
import "./copy.js";
import "./list_filters.js";
import { prepare } from "./list_switch.js";
import { closeMenus } from "./menus.js";
import { xsrfToken } from "./session.js";

const settings = document.getElementById("list-script").dataset;
const dialog = document.getElementById("delete-dialog");
const boxes = [...document.querySelectorAll("input[name=names][type=checkbox]")];

prepare(document);

// --- the row that has just been changed, and the message about it
document.querySelector(".hub-images-shown")?.scrollIntoView({ block: "nearest", behavior: "instant" });
document.addEventListener("submit", (event) => {
  if (event.target.id === "close-message") {
    event.preventDefault();
    document.getElementById("message").replaceChildren();
    (document.querySelector(".hub-images-shown a") ?? document.getElementById("main")).focus({ preventScroll: true });
  }
});

// --- several at once: the bar; see bulk_bar.js
const bulk = document.getElementById("bulk");
forgetWhatIsDone(settings.store);

if (bulk) {
  const bar = startBar(bulk, boxes, settings.store);

  bulk.addEventListener("submit", (event) => {
    const doomed = event.submitter?.value === "delete" ? bar.doomed() : null;
    if (doomed) {
      event.preventDefault();
      ask(doomed, settings.bulk);
    }
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (event.submitter?.formMethod !== "dialog") {
      markSent(settings.store);
    }
  });
  document.getElementById("ask").addEventListener("submit", (event) => {
    const button = event.submitter;
    event.preventDefault();
    closeMenus();
    button.closest("details")?.querySelector("summary").focus(); // the dialog gives it back
    ask([{ name: button.value, ...button.dataset }], button.dataset.action);
  });
}

// --- the dialog: which images, and how many servers run them now
function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function hidden(name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  return field;
}

function ask(images, action) {
  const [title, fields, names] = ["delete-title", "bulk-fields", "delete-names"].map((id) =>
    document.getElementById(id),
  );
  title.textContent =
    images.length === 1 ? `Delete ${images[0].shown}?` : `Delete ${images.length} images?`;
  document.getElementById("delete-consequence").textContent =
    `Afterwards nobody can start a server with ${images.length === 1 ? "it" : "them"}. ` +
    "This cannot be undone.";
  dialog.querySelector("form").setAttribute("action", action); // a field is called "action" too
  // what we saw is what may be deleted: the server refuses a later version
  fields.replaceChildren(
    ...images.map(({ name, version }) => hidden("versions", `${name}=${version}`)),
  );
  if (action === settings.bulk) {
    fields.append(hidden("action", "delete"), hidden("confirmed", "yes"));
    fields.append(...images.map(({ name }) => hidden("names", name)));
  }
  names.replaceChildren(
    ...images.map(({ name, shown }) => {
      const row = document.createElement("li");
      const servers = element("span", "", "text-body-secondary");
      servers.dataset.servers = name;
      row.append(element("b", shown), " ", element("code", name));
      if (images.length > 1) {
        row.append(" ", servers);
      }
      return row;
    }),
  );
  names.tabIndex = images.length > 1 ? 0 : -1; // a long list scrolls, by keyboard too
  dialog.showModal();
  showUsage(images.map(({ name }) => name));
}

async function showUsage(names) {
  const sentence = document.getElementById("delete-usage");
  sentence.textContent = "Asking the hub which servers are running …";
  const query = new URLSearchParams(names.map((name) => ["names", name]));
  let usage = null;
  try {
    const response = await fetch(`${settings.usage}?${query}`, {
      headers: { "X-XSRFToken": xsrfToken() ?? "" },
    });
    usage = response.ok ? await response.json() : null;
  } catch {
    // the sentence below tells people
  }
  sentence.textContent =
    usage?.sentence ?? "Could not find out whether running servers use this image.";
  for (const span of document.querySelectorAll("[data-servers]")) {
    span.textContent = usage?.texts[span.dataset.servers] ?? "";
  }
}

// --- the server renders the dialog open for browsers without scripts: make it a modal
if (dialog?.open) {
  dialog.close();
  dialog.showModal();
}
