// Groups: the chosen ones as chips, and one field to find and add them, a combobox as in
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. Arrows move in its list, Enter adds, Escape
// closes. Backspace in the empty field goes to the last chip, which a second one removes.
import { GroupChips } from "./group_chips.js";
import { foundGroups, searched } from "./group_search.js";

const UNKNOWN = "not known to the hub";

const number = (count) => count.toLocaleString("en");
const counted = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

function option(index, { name, members, added }, isChosen, note) {
  const item = document.createElement("li");
  item.id = `group-option-${index}`;
  item.setAttribute("role", "option");
  item.dataset.name = name;
  item.setAttribute("aria-selected", String(isChosen));
  const shown = added ? `Add “${name}”` : name;
  item.append(Object.assign(document.createElement("span"), { textContent: shown }));
  item.append(Object.assign(document.createElement("small"), { textContent: note }));
  return item;
}

export class GroupField {
  #active = -1;

  // `changed` is called after each change of what is chosen.
  constructor(root, changed = () => {}) {
    const find = (id) => root.ownerDocument.getElementById(id);
    this.input = find("group-input");
    this.popup = find("group-popup");
    this.list = find("group-options");
    this.more = find("group-more");
    this.left = find("group-left");
    this.said = find("group-said");
    this.noGroup = find("no-group"); // a warning, which only the form of an image has
    this.changed = changed;
    this.marksUnknown = root.hasAttribute("data-unknown");
    this.known = new Map(
      JSON.parse(root.dataset.known).map(([name, members]) => [name, searched(name, members)]),
    );
    this.chips = new GroupChips(find("group-chips"), {
      isUnknown: (name) => this.marksUnknown && !this.known.has(name),
      removed: (name) => this.#tell(`Removed ${name}.`),
      left: () => this.input.focus(),
    });
    this.choose(JSON.parse(root.dataset.chosen));
    this.#listen();
    root.hidden = false;
  }

  get chosen() {
    return this.chips.names;
  }

  choose(names) {
    for (const name of this.chosen) {
      this.chips.remove(name);
    }
    names.forEach((name) => this.chips.add(name));
    this.#warn();
  }

  #listen() {
    this.input.addEventListener("input", () => {
      this.left.textContent = "";
      this.#open();
    });
    this.input.addEventListener("click", () => this.#open());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#leave());
    // the field keeps the focus while somebody points at the list
    this.popup.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => {
      const item = target.closest("[role=option]");
      if (item) {
        this.#toggle(item.dataset.name);
      }
    });
  }

  #open() {
    const text = this.input.value.trim();
    const has = (name) => this.chips.has(name);
    const others = this.chosen.filter((name) => !this.known.has(name)).map((name) => searched(name));
    const { shown, more } = foundGroups([...this.known.values(), ...others], text, has);
    if (text && !this.known.has(text) && !has(text)) {
      shown.push({ name: text, added: true });
    }
    const options = shown.map((group, index) => {
      const unknown = this.marksUnknown ? UNKNOWN : "";
      const note = group.members === undefined ? unknown : counted(group.members, "member");
      return option(index, group, has(group.name), note);
    });
    this.list.replaceChildren(...options);
    this.more.textContent = `and ${number(more)} more`;
    this.more.hidden = more === 0;
    this.popup.hidden = shown.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.popup.hidden));
    // Enter must not take away what is chosen just because somebody types its name again
    this.#point(text && !has(shown[0]?.name) ? 0 : -1);
    this.said.textContent = text ? `${number(shown.length + more)} to choose from.` : "";
  }

  #close() {
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.#point(-1);
    this.list.replaceChildren();
  }

  #point(index) {
    this.list.querySelector(".hub-images-active")?.classList.remove("hub-images-active");
    const item = this.list.children[index];
    this.#active = item ? index : -1;
    if (item) {
      item.classList.add("hub-images-active");
      item.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", item.id);
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  #move(step) {
    if (this.popup.hidden) {
      this.#open();
      this.#active = -1;
    }
    const count = this.list.children.length;
    const from = this.#active < 0 && step < 0 ? 0 : this.#active;
    this.#point((from + step + count) % count);
  }

  #key(event) {
    const text = this.input.value.trim();
    const acts = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Enter: () => this.#enter(text), // it must not save
    };
    if (this.input.value || !this.popup.hidden) {
      acts.Escape = () => {
        this.input.value = this.popup.hidden ? "" : this.input.value;
        this.#close();
      };
    }
    if (!this.input.value && this.chosen.length) {
      acts.Backspace = () => this.chips.focusLast();
    }
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  }

  #enter(text) {
    const item = this.list.children[this.#active];
    if (item) {
      this.#toggle(item.dataset.name);
    } else if (this.chips.has(text)) {
      this.said.textContent = `${text} is already chosen.`;
    }
  }

  #toggle(name) {
    if (this.chips.has(name)) {
      this.chips.remove(name);
    } else {
      this.chips.add(name);
      this.#tell(`Added ${name}.`);
    }
    this.input.value = "";
    this.left.textContent = "";
    this.#close();
  }

  // What somebody typed and did not add is no choice; they are told, or it is added where it can
  // only mean one group.
  #leave() {
    const text = this.input.value.trim();
    this.#close();
    if (this.chips.has(text)) {
      this.input.value = "";
    } else if (this.known.has(text)) {
      this.#toggle(text);
    } else if (text) {
      this.left.textContent = `“${text}” was not added. Press Enter in the field to add it.`;
    }
  }

  #tell(text) {
    this.said.textContent = `${text} ${counted(this.chosen.length, "group")} chosen.`;
    this.#warn();
    this.changed();
  }

  #warn() {
    if (this.noGroup) {
      this.noGroup.hidden = this.chosen.length > 0;
    }
  }
}
