// A search of a combobox on the server: the typed text is sent when the user pauses, and the newest answer counts.

import { textInput } from "./chosen.js";
import { open, popupOf, update } from "./listbox.js";

const PAUSE = 150; // milliseconds
let sent = new WeakMap(); // the text that was sent last, by combobox
let timer;

/** Send the typed text after a pause. A list that has options needs no search before the user types. */
export function search(pause = PAUSE) {
  const { box, typed } = open;
  const popup = popupOf(box);
  if (!("search" in popup.dataset)) return;
  const text = typed ? textInput(box).value.trim() : "";
  clearTimeout(timer);
  if (isKnown(box, popup, text)) return;
  open.busy = true;
  timer = setTimeout(send, pause, open, popup, text);
}

const isKnown = (box, popup, text) =>
  sent.has(box) ? sent.get(box) === text && !open.busy : text === "" && popup.querySelector(".pv-option[data-value]");

function send(of, popup, text) {
  if (open !== of) return;
  sent.set(of.box, text);
  // While an answer is awaited, the client holds back patches of this element, so it shows the newest alone.
  window.liveSocket?.js().push(popup, popup.dataset.search, {
    value: { text },
    callback: () => {
      if (open !== of || sent.get(of.box) !== text) return;
      of.busy = false;
      update();
    },
  });
}

/** Send the text again after a lost connection; once, because it may be what the view has failed at. */
export function searchAgain() {
  const text = open && sent.get(open.box);
  sent = new WeakMap(); // a new view knows nothing of former searches
  if (!open?.busy) return;
  open.busy = open.again !== text;
  open.again = text;
  if (open.busy) search(0);
  update();
}
