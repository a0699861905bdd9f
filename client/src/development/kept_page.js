// Keeps what the server does not know of while it starts again: typed text, chosen files, open dialogs and details.
//
// The first patch of a view that joins again makes the page as the server renders it. The official client keeps the
// focused field, and what JS commands have set.

import { on } from "./events.js";

const returning = new Set(); // ids of views that have lost their connection and not been patched since
const edited = new WeakSet(); // contenteditable elements that the user has changed

/** Keeps the state of the page over the first patch of each view that joins again. */
export function keepPage({ liveSocket }) {
  const note = () => viewsIn(document).forEach(({ id }) => returning.add(id));
  const socket = liveSocket.getSocket();
  socket.onClose(note);
  socket.onError(note);
  on("phx_error", note);
  window.addEventListener("input", ({ target }) => target.isContentEditable && edited.add(target), true);
  aroundPatches(liveSocket.domCallbacks);
}

const viewsIn = (root) => root.querySelectorAll("[data-phx-session]");

// The functions of the page and of the main script are called as well.
function aroundPatches(callbacks) {
  const { onPatchStart, onBeforeElUpdated, onPatchEnd } = callbacks;
  let restore = null;
  callbacks.onPatchStart = (container) => {
    restore = returning.delete(container.id) ? remember(container) : null;
    onPatchStart(container);
  };
  callbacks.onBeforeElUpdated = (from, to) => {
    if (restore) keepElement(from, to);
    return onBeforeElUpdated(from, to);
  };
  callbacks.onPatchEnd = (container) => {
    restore?.();
    restore = null;
    onPatchEnd(container);
  };
}

function remember(container) {
  const restoring = [rememberLayers(container), rememberScrolling(container), rememberControls(container)];
  return () => restoring.forEach((restore) => restore());
}

// An element that the patch moves, because something was added before it, leaves the top layer and scrolls to its start.
function rememberLayers(container) {
  const popovers = container.querySelectorAll(":popover-open");
  const dialogs = container.querySelectorAll("dialog:modal");
  const { activeElement: focused } = document;
  return () => {
    for (const each of popovers) if (each.isConnected && !each.matches(":popover-open")) each.showPopover();
    for (const each of dialogs) if (each.isConnected && !each.matches(":modal")) showAgain(each);
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  };
}

function showAgain(dialog) {
  dialog.removeAttribute("open");
  dialog.showModal();
}

function rememberScrolling(container) {
  // The page as well: the official client scrolls to a focused field that was moved.
  const elements = [document.scrollingElement, ...container.querySelectorAll("*")];
  const scrolled = elements.filter((each) => each.scrollTop || each.scrollLeft);
  const places = scrolled.map((each) => [each, each.scrollLeft, each.scrollTop]);
  return () => {
    for (const [each, left, top] of places) if (each.scrollTop !== top || each.scrollLeft !== left) each.scrollTo(left, top);
  };
}

// While an element is patched: a dialog that was closed for a moment would not be modal any more.
function keepElement(from, to) {
  const opens = from instanceof HTMLDialogElement || from instanceof HTMLDetailsElement;
  if (opens && from.open) to.setAttribute("open", "");
  if (edited.has(from)) to.replaceChildren(...from.cloneNode(true).childNodes);
}

/** Notes the fields of a view that differ from what the server has sent. Returns a function that sets them again. */
function rememberControls(container) {
  const kept = new Map();
  for (const [key, control] of controlsIn(container)) {
    const value = changedValue(control);
    if (value !== undefined) kept.set(key, value);
  }
  return () => {
    for (const [key, control] of kept.size ? controlsIn(container) : []) {
      if (kept.has(key)) setValue(control, kept.get(key));
    }
  };
}

// An edited template may have moved a field: it is found by its id, otherwise by the id of its form, its kind and name.
function* controlsIn(container) {
  const counts = new Map();
  for (const control of container.querySelectorAll("input, textarea, select")) {
    if (control.closest("[data-phx-session]") !== container) continue;
    const key = control.id || keyOf(control);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    yield [`${key} ${counts.get(key)}`, control];
  }
}

function keyOf({ form, type, name, defaultValue }) {
  return [form?.id, type, name, isCheckable(type) ? defaultValue : ""].join(" ");
}

const isCheckable = (type) => type === "checkbox" || type === "radio";
const UNTYPED = ["hidden", "submit", "button", "reset", "image"];

/** Returns what the user has made of a field; undefined if it is as the server has sent it. */
function changedValue(control) {
  const { type } = control;
  if (type === "file") return chosenFiles(control);
  if (isCheckable(type)) return differing(control.checked, control.defaultChecked);
  if (control instanceof HTMLSelectElement) return chosen(control);
  return UNTYPED.includes(type) ? undefined : differing(control.value, control.defaultValue);
}

const differing = (value, usual) => (value === usual ? undefined : value);
const values = (options) => options.map(({ value }) => value);

// The list of the field itself is emptied. Files of an upload of PyView are for the official client.
function chosenFiles({ files, dataset }) {
  if (!files.length || dataset.phxUploadRef) return undefined;
  const copy = new DataTransfer();
  for (const file of files) copy.items.add(file);
  return copy.files;
}

function chosen({ multiple, options, selectedOptions }) {
  const marked = [...options].filter((option) => option.defaultSelected);
  const usual = values(marked.length || multiple ? marked : [...options].slice(0, 1));
  const now = values([...selectedOptions]);
  return now.join("\n") === usual.join("\n") ? undefined : now;
}

function setValue(control, value) {
  if (control.type === "file") control.files = value;
  else if (isCheckable(control.type)) control.checked = value;
  else if (control instanceof HTMLSelectElement) choose(control, value);
  else if (control.value !== value) control.value = value;
}

function choose({ options }, wanted) {
  for (const option of options) option.selected = wanted.includes(option.value);
}
