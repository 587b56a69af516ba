// What forms have sent and got no answer to, in the storage of this tab. A service that restarts, or a
// proxy that does not reach it, loses nothing of it.
//
// Each sending has a random number. The server names it in a cookie of its own with its answer, and
// the next page of ours in this tab, whichever it is, drops what has arrived.

const SENT = "hub-images-sent:";
const ANSWERED = "hub-images-answered-";
const PATH = new URL("../", import.meta.url).pathname; // of the service, as the server sets it

// Without storage, as in a browser that forbids it, there is nothing to keep in.
function stored(act) {
  try {
    return act(window.sessionStorage);
  } catch {
    return null;
  }
}

export function keep(key, sent) {
  stored((storage) => storage.setItem(SENT + key, JSON.stringify(sent)));
}

export function kept(key) {
  return stored((storage) => JSON.parse(storage.getItem(SENT + key)));
}

export function drop(key) {
  stored((storage) => storage.removeItem(SENT + key));
}

function answered(number) {
  return document.cookie.split("; ").includes(`${ANSWERED}${number}=yes`);
}

for (const key of stored((storage) => Object.keys(storage)) ?? []) {
  const sent = key.startsWith(SENT) && kept(key.slice(SENT.length));
  if (sent && answered(sent.number)) {
    drop(key.slice(SENT.length));
    document.cookie = `${ANSWERED}${sent.number}=; path=${PATH}; max-age=0`;
  }
}
