// Menus that are a <details class="hub-images-opener">, and the bar's: they open and close without
// this script. With it, one is open at a time, Escape and a click elsewhere close it, arrows move
// in it, and it opens upwards where there is no room below. The bar's always opens upwards.
const MENU = ":is(.hub-images-opener, .hub-images-more)";
const ITEMS = "a, button:not([hidden]), input";

function close(menu, { focus = false } = {}) {
  if (!menu?.open) return;
  menu.open = false;
  if (focus) menu.querySelector("summary").focus();
}

export function closeMenus(except = null) {
  for (const menu of document.querySelectorAll(`${MENU}[open]`)) {
    if (menu !== except) close(menu);
  }
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.(MENU) || !menu.open) return;
    closeMenus(menu);
    if (!menu.matches(".hub-images-opener")) return;
    menu.classList.remove("hub-images-up");
    const panel = menu.querySelector(".hub-images-panel").getBoundingClientRect();
    const above = menu.getBoundingClientRect().top;
    menu.classList.toggle("hub-images-up", panel.bottom > innerHeight && panel.height < above);
  },
  true, // it does not bubble
);

document.addEventListener("click", (event) => closeMenus(event.target.closest(MENU)));

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(`${MENU}[open]`);
  if (!menu) return;
  if (event.key === "Escape") close(menu, { focus: true });
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const items = [...menu.querySelectorAll(ITEMS)];
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const next = at < 0 && step < 0 ? items.length - 1 : at + step;
  items[(next + items.length) % items.length].focus();
});

// who leaves a menu by Tab has done with it
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.(`${MENU}[open]`);
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu);
});
