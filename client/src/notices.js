// Messages for the user while the page cannot be live.

const RELOADS_TOO_OFTEN = {
  text: "This page could not connect. It goes on trying, slowly.",
  action: "Try again",
};

const OFFLINE = "The connection is lost. Trying again…";

// Longer than most interruptions, and than the time before the fallback to long polling.
const OFFLINE_DELAY_MS = 4000;

const FAILURE = "Something went wrong. Error id {id}";
const FAILURE_MS = 15_000;

let configured;

/** Replaces the texts of these messages: `{reloads: {text, action}, offline, failure}`. */
export function useWords(messages) {
  configured = messages;
}

const words = () => configured ?? window.LiveViewConfig?.messages ?? {};

/** Removes the message "the script did not load" of the root template. */
export function removeScriptNotice() {
  document.getElementById("pyview-notice")?.remove();
}

/** Shows that the page has stopped reloading and retries slowly. */
export function showReloadNotice() {
  if (document.getElementById("pyview-alert")) return;
  const { text, action } = { ...RELOADS_TOO_OFTEN, ...words().reloads };
  const link = Object.assign(document.createElement("a"), { href: window.location.href, textContent: action });
  const alert = Object.assign(document.createElement("div"), { id: "pyview-alert" });
  alert.setAttribute("role", "alert");
  alert.append(text, " ", link);
  document.body.prepend(alert);
}

/** Removes that message: the page is live. */
export function removeReloadNotice() {
  document.getElementById("pyview-alert")?.remove();
}

/** Shows a message while the connection is lost for more than `OFFLINE_DELAY_MS`. */
export function watchConnection(socket) {
  let timer;
  const away = () => (timer ??= setTimeout(showOffline, OFFLINE_DELAY_MS, socket));
  const back = () => {
    clearTimeout(timer);
    timer = undefined;
    document.getElementById("pyview-offline")?.remove();
  };
  socket.onClose(away);
  socket.onError(away);
  socket.onOpen(back);
}

// A page with its own message, as from `ui.flash_group`, has a [phx-disconnected] element. A page that was disconnected
// on purpose needs no message.
function showOffline(socket) {
  const { offline: text = OFFLINE } = words();
  if (!text || socket.closeWasClean || document.querySelector("[phx-disconnected]")) return;
  addStatus("pyview-offline", text);
}

function addStatus(id, textContent) {
  const note = Object.assign(document.createElement("p"), { id, textContent });
  note.setAttribute("role", "status");
  document.body.append(note);
  return note;
}

/**
 * Shows that something of the page has crashed, for a while or until a click. A view that crashes in a loop does not
 * change a message that is shown.
 */
export function showFailure(id) {
  const { failure: text = FAILURE } = words();
  if (!id || !text || document.getElementById("pyview-failure")) return;
  const note = addStatus("pyview-failure", text.replace("{id}", id));
  note.onclick = () => note.remove();
  setTimeout(note.onclick, FAILURE_MS);
}
