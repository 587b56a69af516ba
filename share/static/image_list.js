// The list of images. Everything works without this file. It asks before deleting in a modal
// dialog with fresh numbers; its parts do the rest.
import { startBar } from "./bulk_bar.js";
import { forgetWhatIsDone, markSent } from "./chosen_store.js";
import "./copy.js";
import { showUsage } from "./delete_dialog.js";
import "./list_filters.js";
import "./list_switch.js";
import { closeMenus } from "./menus.js";
import { makeModal } from "./modal.js";

const settings = document.getElementById("list-script").dataset;
const dialog = document.getElementById("delete-dialog");
const boxes = [...document.querySelectorAll("input[name=names][type=checkbox]")];

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
  const consequence = document.getElementById("delete-consequence");
  const { one, several } = consequence.dataset;
  consequence.textContent = images.length === 1 ? one : several;
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

makeModal(dialog);
