// Menus: the popover is the browser's own; the arrow keys, Home, End and the first letters move between items.

import { itemFor } from "./keys.js";

const BUTTON = '[aria-haspopup="menu"][popovertarget]';
const ITEMS = '[role="menuitem"]:not(:disabled)';
const PAUSE = 500; // milliseconds after which typing begins anew

const itemsOf = (menu) => [...menu.querySelectorAll(ITEMS)];
const buttonOf = (menu) => document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);

let typed = { text: "", at: 0 };

function toggled({ target: menu, newState }) {
  if (!menu.matches?.(".pv-menu")) return;
  if (newState === "open") {
    // Not if the user has moved into it already: the event comes a moment later.
    if (!menu.contains(document.activeElement)) enter(menu, 0);
    return;
  }
  // A dialog that an item has opened returns the focus to the item, which is hidden then.
  for (const item of itemsOf(menu)) item.focus = () => buttonOf(menu)?.focus();
}

/** Focus the item at an index. */
function enter(menu, index) {
  const items = itemsOf(menu);
  for (const item of items) delete item.focus;
  items.at(index)?.focus();
}

function pressed(event) {
  const menu = event.target.closest?.(".pv-menu");
  if (menu) return pressedInside(event, menu);
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const button = event.target.closest?.(BUTTON);
  const own = button && document.getElementById(button.getAttribute("popovertarget"));
  if (!own) return;
  event.preventDefault();
  if (!own.matches(":popover-open")) button.click();
  enter(own, event.key === "ArrowUp" ? -1 : 0);
}

function pressedInside(event, menu) {
  if (event.key === "Tab") return menu.hidePopover();
  const items = itemsOf(menu);
  const next = itemFor(event.key, items, event.target, "vertical") ?? named(event, items);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Return the next item whose text begins with what the user has typed. */
function named({ key, timeStamp, target, ctrlKey, altKey, metaKey }, items) {
  if (key.length !== 1 || key === " " || ctrlKey || altKey || metaKey) return undefined;
  typed = { text: (timeStamp - typed.at > PAUSE ? "" : typed.text) + key.toLowerCase(), at: timeStamp };
  // The same letter again leads to the next item that begins with it.
  const start = new Set(typed.text).size === 1 ? typed.text[0] : typed.text;
  const from = items.indexOf(target) + (start.length === 1 ? 1 : 0);
  const begins = (item) => item.textContent.trim().toLowerCase().startsWith(start);
  return [...items.slice(from), ...items.slice(0, from)].find(begins);
}

function clicked(event) {
  const item = event.target.closest?.(".pv-menu [role=menuitem]");
  item?.closest(".pv-menu").hidePopover();
}

export function watchMenus() {
  document.addEventListener("toggle", toggled, { capture: true }); // the event does not bubble
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
}
