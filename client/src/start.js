import { LiveSocket, socketExists } from "./live_socket.js";
import { removeScriptNotice, useWords, watchConnection } from "./notices.js";
import { uploaders } from "./uploaders.js";
import { watchPageLoading } from "./loading_bar.js";
import { Socket } from "./socket.js";
import { withSortKeys } from "./kit/data_table.js";
import { loadHeadFiles, nonce } from "./view_files.js";
import { watchPageAttributes } from "./page_attributes.js";

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

// Return a new object each time: the client adds its own keys to it and sends them in the URL.
const withOurs = (params) => (el) => ({
  _csrf_token: meta("csrf-token"),
  ...(nonce() && { _csp_nonce: nonce() }),
  ...(typeof params === "function" ? params(el) : params),
});

/**
 * Connects the page. `options` are those of LiveSocket (hooks, uploaders, params, dom, ...), added to what
 * `window.LiveViewConfig`, `window.Hooks` and `window.Uploaders` hold; `url` is the path of the socket.
 */
export function start(options = {}) {
  if (socketExists()) {
    throw new Error("PyView is already started on this page. Call start() from a script that runs before " +
      "DOMContentLoaded, or set window.LiveViewConfig = {autostart: false} first.");
  }
  const { autostart, messages, ...config } = { ...window.LiveViewConfig, ...options };
  const liveSocket = new LiveSocket(config.url ?? meta("pyview-live-path") ?? "/live", Socket, {
    longPollFallbackMs: 2500,
    ...config,
    params: withOurs(config.params),
    metadata: withSortKeys(config.metadata),
    hooks: { ...window.Hooks, ...window.LiveViewConfig?.hooks, ...options.hooks },
    uploaders: { ...uploaders, ...window.Uploaders, ...window.LiveViewConfig?.uploaders, ...options.uploaders },
  });
  useWords(messages);
  watchConnection(liveSocket.getSocket());
  watchPageLoading();
  watchPageAttributes();
  loadHeadFiles().then(() => liveSocket.connect());
  window.liveSocket = liveSocket;
  removeScriptNotice();
  return liveSocket;
}

// At DOMContentLoaded all deferred scripts have run, so an application's own script has created its LiveSocket, if any.
// `load` is for a page that imports this module after DOMContentLoaded.
function startUnlessStarted() {
  if (socketExists()) removeScriptNotice();
  else if (window.LiveViewConfig?.autostart !== false) start();
}

export function startWhenReady() {
  if (document.readyState === "complete") return startUnlessStarted();
  const once = new AbortController();
  const run = () => {
    once.abort();
    startUnlessStarted();
  };
  document.addEventListener("DOMContentLoaded", run, { signal: once.signal });
  window.addEventListener("load", run, { signal: once.signal });
}
