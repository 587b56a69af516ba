// The chosen groups as chips. All chips are one tab stop: arrows, Home and End move among them,
// and Delete, Backspace, Enter or a click removes one.

export class GroupChips {
  // `isUnknown(name)` says whether to mark a group; `removed(name)` is called after a removal, and
  // `left()` where no chip is there any more to take the focus.
  constructor(list, { isUnknown, removed, left }) {
    Object.assign(this, { list, isUnknown, removed, left });
    this.buttons = new Map(); // by the groups' names
    list.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) {
        this.remove(button.dataset.name);
      }
    });
    list.addEventListener("focusin", ({ target }) => this.#reach(target));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  get names() {
    return [...this.buttons.keys()];
  }

  has(name) {
    return this.buttons.has(name);
  }

  add(name) {
    if (name && !this.has(name)) {
      const item = document.createElement("li");
      item.append(this.#chip(name));
      this.list.append(item);
      this.#show();
    }
  }

  remove(name) {
    const button = this.buttons.get(name);
    const item = button.parentElement;
    const next = item.nextElementSibling ?? item.previousElementSibling;
    const focused = document.activeElement === button;
    item.remove();
    this.buttons.delete(name);
    this.#show();
    if (focused && next) {
      next.firstElementChild.focus();
    } else if (focused) {
      this.left();
    }
    this.removed(name);
  }

  focusLast() {
    [...this.buttons.values()].at(-1)?.focus();
  }

  #chip(name) {
    const unknown = this.isUnknown(name);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hub-images-chip";
    button.tabIndex = -1;
    button.dataset.name = name;
    button.setAttribute("aria-label", `Remove ${name}${unknown ? ", not known to the hub" : ""}`);
    button.append(Object.assign(document.createElement("span"), { textContent: name }));
    if (unknown) {
      const mark = document.createElement("small");
      mark.textContent = "not known to the hub";
      button.append(mark);
    }
    this.buttons.set(name, button);
    return button;
  }

  #show() {
    this.list.hidden = this.buttons.size === 0;
    if (!this.list.querySelector("[tabindex='0']")) {
      this.#reach(this.list.querySelector("button"));
    }
  }

  #reach(button) {
    this.list.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    button?.setAttribute("tabindex", "0");
  }

  #key(event) {
    const buttons = [...this.buttons.values()];
    const at = buttons.indexOf(event.target);
    const last = buttons.length - 1;
    const to = {
      ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: last,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      buttons[Math.min(Math.max(to, 0), last)].focus();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      event.target.click();
    }
  }
}
