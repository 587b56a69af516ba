// What is chosen on all pages of the list, kept in this tab: versions and display names by name.
// The server does not trust it. In a browser that stores nothing, ticks last only as long as the
// page.

const SENT = " sent";

export function readChosen(store) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(store) ?? "{}");
    return { images: new Map(kept.images ?? []), all: String(kept.all ?? "") };
  } catch {
    return { images: new Map(), all: "" };
  }
}

export function keepChosen(store, { images, all }) {
  try {
    if (images.size || all) {
      sessionStorage.setItem(store, JSON.stringify({ images: [...images], all }));
    } else {
      sessionStorage.removeItem(store);
    }
  } catch {
    // full or forbidden: ticks last as long as the page
  }
}

// Remembers that an action was confirmed: once the list tells that it was done, nothing is
// chosen any more. Whatever was not done keeps its ticks.
export function markSent(store) {
  try {
    sessionStorage.setItem(store + SENT, "yes");
  } catch {
    // as above
  }
}

export function forgetWhatIsDone(store) {
  try {
    if (sessionStorage.getItem(store + SENT) && document.querySelector(".alert-success #flash")) {
      sessionStorage.removeItem(store);
    }
    sessionStorage.removeItem(store + SENT);
  } catch {
    // as above
  }
}
