// What a reader is told when the page cannot be live.

const RELOADS_TOO_OFTEN = {
  text: "This page could not connect. It goes on trying, slowly.",
  action: "Try again",
};

const OFFLINE = "The connection is lost. Trying again…";

// Longer than most gaps, and than the wait for a WebSocket before long polls begin.
const OFFLINE_DELAY_MS = 4000;

let given;

/** Takes other words for these notices: `{reloads: {text, action}, offline}`. */
export function useWords(messages) {
  given = messages;
}

const words = () => given ?? window.LiveViewConfig?.messages ?? {};

/** Takes away the note "the script did not load" that the root template carries. */
export function removeScriptNotice() {
  document.getElementById("pyview-notice")?.remove();
}

/** Shows that the page gave up reloading, and tries slowly. */
export function showReloadNotice() {
  if (document.getElementById("pyview-alert")) return;
  const { text, action } = { ...RELOADS_TOO_OFTEN, ...words().reloads };
  const link = Object.assign(document.createElement("a"), { href: window.location.href, textContent: action });
  const alert = Object.assign(document.createElement("div"), { id: "pyview-alert" });
  alert.setAttribute("role", "alert");
  alert.append(text, " ", link);
  document.body.prepend(alert);
}

/** The page is live after all. */
export function removeReloadNotice() {
  document.getElementById("pyview-alert")?.remove();
}

/** Tells the reader that the connection has been away for some seconds, until it is back. */
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

// A page that says it by itself, as `ui.flash_group` does, has an element for that. One that was disconnected on
// purpose waits for nothing.
function showOffline(socket) {
  const { offline: text = OFFLINE } = words();
  if (!text || socket.closeWasClean || document.querySelector("[phx-disconnected]")) return;
  const note = Object.assign(document.createElement("p"), { id: "pyview-offline", textContent: text });
  note.setAttribute("role", "status");
  document.body.append(note);
}
