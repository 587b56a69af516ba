// Container image URLs while somebody types: takes off a scheme that was copied with them, and
// says where a tag may change. The server does the same, and its page has the sentences.

const SCHEME = /^(?:https?|docker):\/\//i;

// A web address begins with a host; what has none is something else.
function withoutScheme(value, reference) {
  const scheme = value.match(SCHEME)?.[0].toLowerCase();
  if (!scheme) {
    return null;
  }
  const rest = value.slice(scheme.length);
  const [host, ...path] = rest.split("/");
  const hosted = path.length > 0 && (/[.:A-Z]/.test(host) || host === "localhost");
  return reference.test(rest) && (hosted || scheme === "docker://") ? { scheme, rest } : null;
}

function tagNote(value, reference, sentences) {
  const parts = value.match(reference)?.groups;
  if (!parts || parts.digest) {
    return null;
  }
  if (!parts.tag) {
    return sentences.missingTag;
  }
  return parts.tag === "latest" ? sentences.latest : null;
}

// Returns a function that says the notes of what stands in the fields now.
export function watchReferences(form) {
  const sentences = form.dataset;
  const reference = new RegExp(sentences.reference);
  const fields = ["url", "gpu_url"].map((name) => form.elements.namedItem(name));
  const taken = new Map();

  function say(field) {
    const notes = [taken.get(field), tagNote(field.value.trim(), reference, sentences)];
    const texts = notes.filter(Boolean);
    const note = document.getElementById(`note-${field.id}`);
    if (texts.join() === [...note.children].map((line) => line.textContent).join()) {
      return; // a screen reader would say it again
    }
    note.replaceChildren(...texts.map((text) => {
      const line = document.createElement("div");
      line.textContent = text;
      return line;
    }));
  }

  function takeOff(field) {
    const found = withoutScheme(field.value.trim(), reference);
    if (found) {
      field.value = found.rest;
      taken.set(field, sentences.takenOff.replace("{scheme}", found.scheme));
      say(field);
    }
  }

  for (const field of fields) {
    field.addEventListener("input", ({ inputType }) => {
      taken.delete(field);
      say(field);
      if (inputType === "insertFromPaste") {
        takeOff(field);
      }
    });
    field.addEventListener("change", () => takeOff(field));
  }
  return () => fields.forEach(say);
}
