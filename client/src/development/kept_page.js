// Keeps what the server does not know of while it starts again: typed text, chosen files, open dialogs and details,
// scroll positions.
//
// The first patch of a view that joins again makes the page as the server renders it. The official client keeps the
// focused field, and what JS commands have set. It makes the elements of nested views anew.

import { on } from "./events.js";

const returning = new Set(); // ids of views that have lost their connection and not been patched since
const remembered = new Map(); // id of such a view -> function that restores it in an element
const uploads = new Map(); // id of such a view -> files of its uploads that the server has not received
const settling = new Map(); // id of a view that was patched since -> time until which its page is kept
const edited = new WeakSet(); // contenteditable elements that the user has changed

const SETTLING_MS = 2000; // unless the user does something before

/** Keeps the state of the page over the first patch of each view that joins again. */
export function keepPage({ liveSocket }) {
  const note = () => viewsIn(document).forEach(noteView);
  const socket = liveSocket.getSocket();
  socket.onClose(note);
  socket.onError(note);
  on("phx_error", note);
  for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, () => settling.clear(), true);
  window.addEventListener("input", ({ target }) => target.isContentEditable && edited.add(target), true);
  aroundPatches(liveSocket.domCallbacks);
}

function noteView(view) {
  // Now, because the client forgets them before it patches the view.
  if (!returning.has(view.id)) uploads.set(view.id, new Map(keyed(view, UPLOADS, waitingFiles)));
  returning.add(view.id);
}

const VIEW = "[data-phx-session]";
const UPLOADS = "input[data-phx-upload-ref]";
const viewsIn = (root) => [...root.querySelectorAll(VIEW)];

// The functions of the page and of the main script are called as well.
function aroundPatches(callbacks) {
  const { onPatchStart, onBeforeElUpdated, onPatchEnd } = callbacks;
  let patching = false;
  callbacks.onPatchStart = (container) => {
    // Nested views as well: their elements are made anew in this patch, and restored in their own.
    for (const view of [container, ...viewsIn(container)]) if (returning.delete(view.id)) rememberFirst(view);
    if (isSettling(container.id) && !remembered.has(container.id)) remembered.set(container.id, remember(container));
    patching = remembered.has(container.id);
    onPatchStart(container);
  };
  callbacks.onBeforeElUpdated = (from, to) => {
    if (patching) keepElement(from, to);
    return onBeforeElUpdated(from, to);
  };
  callbacks.onPatchEnd = (container) => {
    remembered.get(container.id)?.(container);
    remembered.delete(container.id);
    if (patching) setTimeout(chooseAgain, 0, container);
    patching = false;
    onPatchEnd(container);
  };
}

function rememberFirst(view) {
  remembered.set(view.id, remember(view));
  settle(view.id);
}

// The answers to events that the client sends right after the join, such as the recovery of forms, are patches as well.
const settle = (id) => settling.set(id, performance.now() + SETTLING_MS);
const isSettling = (id) => performance.now() < settling.get(id);

// While an element is patched: a dialog that was closed for a moment would not be modal any more.
function keepElement(from, to) {
  if (from.matches(OPENING) && from.open) to.setAttribute("open", "");
  if (edited.has(from)) to.replaceChildren(...from.cloneNode(true).childNodes);
}

const OPENING = "dialog, details";
const KINDS = [
  // Opened before the fields, which may be inside.
  { selector: `${OPENING}, [popover]`, read: openness, write: open },
  { selector: "input, textarea, select", read: changedValue, write: setValue },
  { selector: "*", read: scrolling, write: scroll },
];

/** Notes what differs from what the server has sent to a view. Returns a function that restores it in an element. */
function remember(container) {
  const kept = KINDS.map(({ selector, read }) => new Map(keyed(container, selector, read)));
  const restoreFocus = rememberFocus(container);
  const { scrollLeft, scrollTop } = document.scrollingElement;
  return (element) => {
    KINDS.forEach(({ selector, write }, kind) => restore(element, selector, kept[kind], write));
    restoreFocus(element);
    // The official client scrolls to a focused field that was moved.
    scroll(document.scrollingElement, [scrollLeft, scrollTop]);
  };
}

function* keyed(container, selector, read) {
  for (const [key, element] of elementsIn(container, selector)) {
    const value = read(element);
    if (value !== undefined) yield [key, value];
  }
}

function restore(container, selector, kept, write) {
  if (!kept.size) return;
  for (const [key, element] of elementsIn(container, selector)) if (kept.has(key)) write(element, kept.get(key));
}

// An edited template may have moved an element: it is found by its id, a field otherwise by its form, kind and name.
function* elementsIn(container, selector) {
  const counts = new Map();
  for (const element of container.querySelectorAll(selector)) {
    if (element.closest(VIEW) !== container) continue;
    const key = (!element.dataset.phxUploadRef && element.id) || keyOf(element);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    yield [`${key} ${counts.get(key)}`, element];
  }
}

function keyOf({ tagName, form, type, name, defaultValue }) {
  return [tagName, form?.id, type, name, isCheckable(type) ? defaultValue : ""].join(" ");
}

// Fields

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

// The list of the field itself is emptied. Files of an upload are chosen again below.
function chosenFiles({ files, dataset }) {
  return files.length && !dataset.phxUploadRef ? listOf(files) : undefined;
}

function listOf(files) {
  const list = new DataTransfer();
  for (const file of files) list.items.add(file);
  return list.files;
}

/** Returns the files of an upload that the official client has not sent. */
function waitingFiles({ phxPrivate }) {
  return phxPrivate?.files?.length ? listOf(phxPrivate.files.map(unmarked)) : undefined;
}

// The client marks a file that it has announced, and announces it only once.
const unmarked = (file) => new File([file], file.name, { type: file.type, lastModified: file.lastModified });

// The view has joined: the client announces the files as if the user had just chosen them.
function chooseAgain(container) {
  restore(container, UPLOADS, uploads.get(container.id) ?? new Map(), (input, files) => {
    settle(container.id);
    input.files = files;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  uploads.delete(container.id);
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

// What is open, scrolled and focused. An element that the patch moves leaves the top layer, and scrolls to its start.

const isOpen = (element, state) => element.matches(state) || undefined;

function openness(element) {
  if (!element.matches(OPENING)) return isOpen(element, ":popover-open") && "popover";
  return isOpen(element, ":modal") ? "modal" : isOpen(element, "[open]") && "open";
}

function open(element, state) {
  if (openness(element) === state) return;
  if (state === "popover") return element.showPopover();
  if (state === "open") return element.setAttribute("open", "");
  element.removeAttribute("open");
  element.showModal();
}

function scrolling({ scrollLeft, scrollTop }) {
  return scrollLeft || scrollTop ? [scrollLeft, scrollTop] : undefined;
}

function scroll(element, [left, top]) {
  if (element.scrollLeft !== left || element.scrollTop !== top) element.scrollTo(left, top);
}

function rememberFocus(container) {
  const { activeElement: focused } = document;
  const [key] = [...elementsIn(container, "*")].find(([, element]) => element === focused) ?? [];
  const { selectionStart, selectionEnd } = focused ?? {};
  return (element) => {
    const [, again] = [...(key ? elementsIn(element, "*") : [])].find(([each]) => each === key) ?? [];
    if (!again || again === document.activeElement) return;
    again.focus({ preventScroll: true });
    if (typeof selectionStart === "number") again.setSelectionRange(selectionStart, selectionEnd);
  };
}
