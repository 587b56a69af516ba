// The list's filters: they apply when they are changed, and the address stays short.
const form = document.getElementById("filters");
const FOCUS = "hub-images-focus"; // the control to come back to
const DEFAULTS = { sort: "display_name", size: "25" };
let leaving = false;

// Leaves unset ones out of the address. Navigating also avoids submitting a form that is
// redirected to a login on another origin, which our content security policy forbids.
function apply(control) {
  if (leaving) return; // Enter in a field that was changed says it twice
  leaving = true;
  const asked = [...new FormData(form)].filter(
    ([name, value]) => value && value !== DEFAULTS[name],
  );
  const query = new URLSearchParams(asked).toString();
  try {
    sessionStorage.setItem(FOCUS, control?.form === form ? control.id : "");
  } catch {
    // then the focus begins at the top
  }
  window.location.assign(form.action + (query ? `?${query}` : ""));
}

function comeBack() {
  let id = "";
  try {
    id = sessionStorage.getItem(FOCUS) ?? "";
    sessionStorage.removeItem(FOCUS);
  } catch {
    return;
  }
  const control = id ? document.getElementById(id) : null;
  if (!control) return;
  if (!control.checkVisibility?.()) unfold(true);
  control.focus({ preventScroll: true });
}

function unfold(open) {
  form.classList.toggle("hub-images-open", open);
  document.getElementById("unfold").setAttribute("aria-expanded", String(open));
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(document.activeElement);
  });
  form.addEventListener("change", (event) => apply(event.target));
  // the cross in a search field
  form.addEventListener("search", (event) => event.target.value || apply(event.target));
  const button = document.getElementById("unfold");
  button.addEventListener("click", () => unfold(button.getAttribute("aria-expanded") === "false"));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
      unfold(false);
      button.focus();
    }
  });
  document.addEventListener("click", (event) => form.contains(event.target) || unfold(false));
  // the back button shows the page as it was left
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  comeBack();
}
