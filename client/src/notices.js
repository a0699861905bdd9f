// What a reader is told when the page cannot be live.

const RELOADS_TOO_OFTEN = {
  text: "This page could not connect and has stopped reloading itself.",
  action: "Try again",
};

/** Takes away the note "the script did not load" that the root template carries. */
export function removeScriptNotice() {
  document.getElementById("pyview-notice")?.remove();
}

/** Shows that the page gave up reloading. `LiveViewConfig.messages.reloads` holds other words. */
export function showReloadNotice() {
  if (document.getElementById("pyview-alert")) return;
  const { text, action } = { ...RELOADS_TOO_OFTEN, ...window.LiveViewConfig?.messages?.reloads };
  const link = Object.assign(document.createElement("a"), { href: window.location.href, textContent: action });
  const alert = Object.assign(document.createElement("div"), { id: "pyview-alert" });
  alert.setAttribute("role", "alert");
  alert.append(text, " ", link);
  document.body.prepend(alert);
}
