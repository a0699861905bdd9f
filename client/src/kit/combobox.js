// Comboboxes: keys, clicks and what they do.

import { addChip, isFree, isSeveral, removeChip, restoreText, setValue, textInput, valueInput } from "./chosen.js";
import { itemFor } from "./keys.js";
import { activeOption, hide, highlight, open, place, popupOf, show, shownOptions, update } from "./listbox.js";
import { search, searchAgain } from "./searches.js";

const BOX = ".pv-combobox";
const SEPARATORS = /[,;\t\n]+/;

const boxOf = ({ target }) => target.closest?.(BOX);
const isText = ({ target }) => target.matches?.(".pv-combobox-text");

function openList(box) {
  show(box);
  if (open) search(0);
}

function close() {
  const box = open?.box;
  hide();
  if (box) restoreText(box);
}

function choose(box, option) {
  if (option.matches(".pv-create")) return create(box);
  const { value } = option.dataset;
  const label = option.firstElementChild.textContent;
  if (!isSeveral(box)) {
    setValue(box, value, label);
    return close();
  }
  if (option.ariaSelected === "true") removeChip(box, value);
  else addChip(box, value, label);
  goOn(box);
}

function create(box) {
  const popup = popupOf(box);
  const text = textInput(box).value.trim();
  window.liveSocket?.js().push(popup, popup.dataset.create, { value: { text } });
  if (isSeveral(box)) return goOn(box);
  hide(); // the text stays until the server has an option for it
}

/** Begin anew with the next of several values. */
function goOn(box) {
  textInput(box).value = "";
  if (!open) return;
  Object.assign(open, { typed: false, moved: isSeveral(box) && open.moved });
  update();
  search();
}

function addTags(box, text) {
  for (const tag of text.split(SEPARATORS)) addChip(box, tag.trim(), tag.trim());
  goOn(box);
}

// Keys

function move(event, box) {
  const wasClosed = !open;
  if (wasClosed) openList(box);
  if (!open || (wasClosed && event.altKey)) return;
  const options = shownOptions();
  const chosen = wasClosed && options.find((option) => option.ariaSelected === "true");
  if (chosen) return highlight(chosen);
  const from = activeOption() ?? options.at(event.key === "ArrowUp" ? 0 : -1);
  const option = options.length && itemFor(event.key, options, from, "vertical");
  if (option) highlight(option);
}

const keys = {
  ArrowDown: (event, box) => move(event, box) ?? true,
  ArrowUp: (event, box) => (event.altKey && open ? close() : move(event, box)) ?? true,
  Home: (event, box) => open?.moved && (move(event, box) ?? true),
  End: (event, box) => open?.moved && (move(event, box) ?? true),
  Enter: (event, box) => {
    const option = activeOption();
    const text = textInput(box).value;
    if (option) choose(box, option);
    else if (isFree(box) && text.trim()) addTags(box, text);
    else if (open && !open.busy) close();
    else return Boolean(open);
    return true;
  },
  Tab: (event, box) => {
    const option = activeOption();
    if (option && !isSeveral(box)) choose(box, option);
  },
  Escape: (event, box) => {
    if (!open) return false;
    close();
    event.stopPropagation(); // a dialog around it stays
    return true;
  },
  Backspace: (event, box) => {
    if (isSeveral(box) && textInput(box).value === "") removeChip(box);
  },
};

function pressed(event) {
  if (!isText(event) || event.isComposing) return;
  const isTag = (event.key === "," || event.key === ";") && isFree(boxOf(event));
  const handle = isTag ? keys.Enter : Object.hasOwn(keys, event.key) && keys[event.key];
  if (handle && !event.ctrlKey && !event.metaKey && handle(event, boxOf(event))) event.preventDefault();
}

// The text belongs to no field: without this, each letter would send the form.
function typed(event) {
  if (!isText(event)) return;
  event.stopPropagation();
  if (event.type !== "input") return;
  const box = boxOf(event);
  show(box);
  if (!open) return;
  Object.assign(open, { at: null, typed: true, moved: false });
  search();
  update();
}

function pasted(event) {
  const text = event.clipboardData?.getData("text") ?? "";
  const box = boxOf(event);
  if (!isText(event) || !isFree(box) || !SEPARATORS.test(text)) return;
  event.preventDefault();
  addTags(box, textInput(box).value + text);
}

function clicked(event) {
  const box = boxOf(event);
  if (!box) return;
  const { target } = event;
  const option = target.closest(".pv-option");
  const remove = target.closest(".pv-chip-remove");
  if (option && open?.box === box) choose(box, option);
  else if (remove) removeChip(box, remove.parentElement.querySelector("input").value);
  else if (target.closest(".pv-clear")) setValue(box, "", "");
  else if (target.closest(".pv-opener") && open) return close();
  else if (target.closest(".pv-popup")) return;
  else if (!textInput(box).disabled) openList(box);
  if (!option || isSeveral(box)) textInput(box).focus();
  if (remove) update();
}

// The focus stays in the text while the list is used.
function held(event) {
  if (boxOf(event) && !isText(event)) event.preventDefault();
}

function left(event) {
  const box = boxOf(event);
  // A window that loses the focus keeps its element with the focus.
  if (!box || box.contains(event.relatedTarget) || document.activeElement === event.target) return;
  if (isFree(box) && isText(event) && event.target.value.trim()) addTags(box, event.target.value);
  if (open) close();
  else restoreText(box);
}

export function watchComboboxes() {
  for (const type of ["input", "change"]) document.addEventListener(type, typed);
  document.addEventListener("keydown", pressed);
  document.addEventListener("paste", pasted);
  document.addEventListener("mousedown", held);
  document.addEventListener("click", clicked);
  document.addEventListener("focusout", left);
  document.addEventListener("phx:update", update);
  window.addEventListener("phx:page-loading-start", update);
  window.addEventListener("phx:page-loading-stop", searchAgain);
  window.addEventListener("scroll", place, { capture: true, passive: true });
  window.addEventListener("resize", place);
}
