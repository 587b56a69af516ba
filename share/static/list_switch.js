// Enables and disables an image in its row. Without this script the same form loads the list
// again. With it, what has changed of the list that comes back is put into this one.
import { showCopyButtons } from "./copy.js";
import { closeMenus } from "./menus.js";
import { xsrfToken } from "./session.js";

function replaceRow(row, next) {
  for (const cell of next.querySelectorAll(":scope > [data-column]")) {
    const there = row.querySelector(`:scope > [data-column="${cell.dataset.column}"]`);
    if (cell.dataset.column !== "choose") {
      there.replaceWith(cell);
      continue;
    }
    // the box stays: it may be ticked, and scripts know it
    const [box, seen] = there.querySelectorAll("input");
    const [nextBox, nextSeen] = cell.querySelectorAll("input");
    box.dataset.version = nextBox.dataset.version;
    seen.value = nextSeen.value;
    if (box.checked) box.dispatchEvent(new Event("change", { bubbles: true })); // at this version
  }
  showCopyButtons(row);
}

// As the server marks the row of which the message tells.
function mark(row) {
  const before = document.querySelector(".hub-images-shown");
  before?.classList.remove("hub-images-shown");
  before?.removeAttribute("aria-current");
  row.classList.add("hub-images-shown");
  row.setAttribute("aria-current", "true");
}

async function change(form, button) {
  const row = form.closest("tr");
  const body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  const token = xsrfToken();
  if (token) body.set("_xsrf", token);
  // the header is for the list, to which the answer leads
  const headers = { "X-XSRFToken": token ?? "" };
  const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.getElementById(row.id);
  if (!next) {
    // it was refused, or somebody has changed what the filters show
    if (response.redirected) return window.location.assign(response.url);
    delete form.dataset.switch; // the page that says why comes if the browser sends it
    return form.requestSubmit(button);
  }
  replaceRow(row, next);
  mark(row);
  for (const id of ["message", "line"]) {
    document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  }
  row.querySelector(".hub-images-switch").focus();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("switch" in form.dataset)) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  closeMenus();
  try {
    await change(form, event.submitter);
  } catch {
    // the network failed: the browser says so better than we could
    window.location.reload();
  } finally {
    form.removeAttribute("aria-busy");
  }
});
