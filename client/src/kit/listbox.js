// The open list of a combobox: which options it shows, which one is highlighted, and what screen readers hear. All of it is
// computed anew after each key and each patch, because a patch knows nothing of it.

import { isFull, textInput, values } from "./chosen.js";

/** The open combobox: { box, at, typed, moved, busy }. `at` is the highlighted value; true for the option that creates one. */
export let open = null;

export const popupOf = (box) => box.querySelector(".pv-popup");
const keyOf = (option) => (option.matches(".pv-create") ? true : option.dataset.value);
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export const shownOptions = () => [...popupOf(open.box).querySelectorAll(".pv-option:not([hidden])")];
export const activeOption = () => open && shownOptions().find((option) => keyOf(option) === open.at);

export function show(box) {
  if (open?.box === box || textInput(box).disabled || textInput(box).readOnly) return;
  hide();
  open = { box, at: null, typed: false, moved: false, busy: false };
  update();
  popupOf(box).querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
}

export function hide() {
  if (!open) return;
  const { box } = open;
  open = null;
  const popup = popupOf(box);
  if (popup?.matches(":popover-open")) popup.hidePopover();
  put(textInput(box), "aria-expanded", "false");
  textInput(box).removeAttribute("aria-activedescendant");
  say(box, "");
}

export function highlight(option) {
  open.at = keyOf(option);
  open.moved = true;
  update();
  option.scrollIntoView({ block: "nearest" });
}

/** Write the state of the open list into the document. */
export function update() {
  if (!open) return;
  const { box } = open;
  if (!box.isConnected) return hide();
  const popup = popupOf(box);
  const isBusy = open.busy || "loading" in popup.dataset;
  const found = filter(box, popup, isBusy);
  const active = activeOption() ?? firstOf(found, isBusy);
  open.at = active ? keyOf(active) : null;
  for (const option of popup.querySelectorAll(".pv-option")) option.classList.toggle("pv-active", option === active);
  const text = textInput(box);
  if (active) put(text, "aria-activedescendant", active.id);
  else text.removeAttribute("aria-activedescendant");
  tell(box, popup, found.length, isBusy);
  const hasContent = popup.querySelector(".pv-option:not([hidden]), .pv-popup-note:not([hidden])") !== null;
  put(text, "aria-expanded", String(hasContent));
  if (hasContent !== popup.matches(":popover-open")) popup.togglePopover(hasContent);
  place();
}

// After typing, Enter takes the first option. Where free text is allowed, Enter takes the text.
const firstOf = (found, isBusy) =>
  open.typed && !isBusy && !("free" in open.box.dataset) && textInput(open.box).value ? (found[0] ?? shownOptions()[0]) : undefined;

function filter(box, popup, isBusy) {
  const typed = open.typed ? textInput(box).value.trim() : "";
  const query = "search" in popup.dataset ? "" : folded(typed);
  const chosen = new Set(values(box));
  const create = popup.querySelector(".pv-create");
  const options = [...popup.querySelectorAll(".pv-option[data-value]")];
  for (const option of options) {
    option.hidden = !folded(option.textContent).includes(query);
    put(option, "aria-selected", String(chosen.has(option.dataset.value)));
  }
  const isNew = typed && !isBusy && !options.some((option) => folded(option.firstElementChild.textContent) === folded(typed));
  if (create) {
    create.hidden = !isNew;
    create.textContent = isNew ? box.dataset.create.replace("{text}", typed) : "";
  }
  return options.filter((option) => !option.hidden);
}

function tell(box, popup, count, isBusy) {
  const { full, searching, failed, empty, one, results, max } = box.dataset;
  const state = isFull(box) ? full.replace("{max}", max) : isBusy ? (isOffline() ? failed : searching) : "";
  const isNothing = !count && !popup.querySelector(".pv-create:not([hidden])") && !("free" in box.dataset);
  const note = popup.querySelector(".pv-popup-note");
  note.textContent = state || (isNothing ? empty : "");
  note.hidden = !note.textContent;
  put(popup.firstElementChild, "aria-busy", String(isBusy));
  say(box, note.textContent || (count === 1 ? one : results.replace("{count}", count)));
}

const isOffline = () => !window.liveSocket?.isConnected();

/** Let screen readers hear a text. */
export function say(box, text) {
  const status = box.querySelector("[role=status]");
  if (status && status.textContent !== text) status.textContent = text;
}

const put = (element, name, value) => element.getAttribute(name) === value || element.setAttribute(name, value);

// A list in the top layer is not clipped by what is around it, so it has to be put beside its input. The numbers are
// properties of the root element, which no patch changes.
export function place() {
  if (!open) return;
  const { left, top, bottom, width } = open.box.getBoundingClientRect();
  const below = innerHeight - bottom;
  const isAbove = below < 240 && top > below;
  const { style } = document.documentElement;
  style.setProperty("--pv-list-left", `${left}px`);
  style.setProperty("--pv-list-width", `${width}px`);
  style.setProperty("--pv-list-top", isAbove ? "auto" : `${bottom + 4}px`);
  style.setProperty("--pv-list-bottom", isAbove ? `${innerHeight - top + 4}px` : "auto");
  style.setProperty("--pv-list-height", `${(isAbove ? top : below) - 12}px`);
}
