// Keeps what was sent until its answer has come: a service that restarts, or a proxy that does not
// reach it, loses nothing. The browser keeps it for this tab and this user alone, and only until the tab is closed.
//
// Each sending has a random number. The server sets it as a cookie with its answer: so the next
// page that shows this form knows whether one came, whichever page the answer was.

const ANSWERED = "hub-images-answered";

function answered(number) {
  return document.cookie.split("; ").includes(`${ANSWERED}=${number}`);
}

// Without storage, as in a browser that forbids it, there is nothing to keep in.
function stored(act) {
  try {
    return act(window.sessionStorage);
  } catch {
    return null;
  }
}

function fill(form, groups, fields) {
  const values = new Map(fields);
  for (const control of form.elements) {
    if (!control.name || control.name === "_xsrf" || control.name.startsWith("groups")) {
      continue;
    }
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = values.get(control.name) === control.value;
    } else if (values.has(control.name)) {
      control.value = values.get(control.name);
    }
  }
  groups.choose(JSON.parse(values.get("groups_json") ?? "[]"));
  const start = document.getElementById("at-start");
  start.open ||= [...start.querySelectorAll("[name]")].some((control) => control.value);
}

export function keptForm(form, groups) {
  const from = new URLSearchParams(location.search).get("from") ?? "";
  const key = `hub-images-sent:${form.dataset.user}:${location.pathname}?${from}`;

  const drop = () => stored((storage) => storage.removeItem(key));

  function keep() {
    const number = Math.random().toString(36).slice(2) + Date.now().toString(36);
    form.elements.namedItem("sending").value = number;
    const data = new FormData(form);
    data.delete("_xsrf");
    stored((storage) => storage.setItem(key, JSON.stringify({ number, fields: [...data] })));
  }

  // Fills the form with what got no answer, and says whether there was something.
  function restore() {
    const kept = stored((storage) => JSON.parse(storage.getItem(key)));
    if (!kept || form.hasAttribute("data-unsaved") || answered(kept.number)) {
      drop();
      return false;
    }
    fill(form, groups, kept.fields);
    return true;
  }

  return { keep, restore, drop };
}
