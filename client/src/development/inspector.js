// A button in the corner of the page, which opens the inspector, and the simulation of a bad connection.

import { on } from "./events.js";

const HEIGHT = "max(min(46vh, 30rem), min(75vh, calc((700px - 100vw) * 1000)))"; // more on a narrow screen
const STYLES = `
:host { all: initial; position: fixed; z-index: 2147483000; inset: auto 0 0 auto; font: 13px/1.4 system-ui, sans-serif;
  color-scheme: light dark; --height: ${HEIGHT}; }
button { font: inherit; position: fixed; right: max(12px, env(safe-area-inset-right));
  bottom: max(12px, env(safe-area-inset-bottom)); display: flex; gap: 6px; align-items: center; padding: 7px 12px;
  border: 1px solid light-dark(#c9cdd6, #454b59); border-radius: 999px; color: light-dark(#1d2430, #e8ebf1);
  background: light-dark(#fff, #232833); box-shadow: 0 2px 10px rgb(0 0 0 / 18%); cursor: pointer; }
button:hover { border-color: light-dark(#6b5bd2, #a99cff); }
button:focus-visible { outline: 2px solid light-dark(#6b5bd2, #a99cff); outline-offset: 2px; }
button[hidden] { display: none; }
button[data-above] { bottom: calc(var(--height) + 12px); }
b { font-weight: 600; padding: 0 7px; border-radius: 999px; color: #fff; background: #b3261e; }
b:empty { display: none; }
iframe { position: fixed; inset: auto 0 0 0; width: 100%; height: var(--height); border: 0;
  border-top: 1px solid light-dark(#c9cdd6, #454b59); background: light-dark(#fff, #181c24);
  box-shadow: 0 -4px 20px rgb(0 0 0 / 15%); color-scheme: light dark; }
`;

/** Adds the button when the answer to a join has the token of the page. */
export function startInspector({ liveSocket, base }) {
  const path = `${base.replace(/\/assets$/, "")}/inspector`;
  const address = (token) => new URL(`${path}?token=${encodeURIComponent(token)}`, document.baseURI).href;
  const simulation = simulate(liveSocket);
  let panel;
  on("join", ({ development: { inspector } }) => {
    if (!inspector) return;
    panel ??= new Panel(simulation);
    panel.use(address(inspector));
  });
}

class Panel {
  #host = document.createElement("div");
  #button = document.createElement("button");
  #mark = document.createElement("b");
  #frame = null;
  #address;
  #room = sheet(`body { margin-bottom: ${HEIGHT} !important; }`); // the end of the page stays in sight

  constructor(simulation) {
    this.#host.id = "pyview-inspector";
    this.#host.dataset.pyviewDevelopment = "";
    const root = this.#host.attachShadow({ mode: "open" });
    // No style element: a content security policy may forbid it.
    root.adoptedStyleSheets = [sheet(STYLES)];
    this.#button.type = "button";
    this.#button.title = "Open the inspector of this page";
    this.#button.append("Inspect", this.#mark);
    this.#button.addEventListener("click", () => this.open());
    root.append(this.#button);
    const showMark = ({ latency, lost }) => {
      this.#mark.textContent = lost ? "connection lost" : latency ? `${latency} ms` : "";
      this.#button.hidden = Boolean(this.#frame) && !this.#mark.textContent;
      this.#button.toggleAttribute("data-above", Boolean(this.#frame));
    };
    simulation.watch(showMark);
    this.show = () => showMark(simulation.state());
    window.pyviewInspector = { ...simulation, close: () => this.close() };
  }

  use(address) {
    this.#address = address;
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
  }

  open() {
    if (this.#frame) return this.close();
    const frame = (this.#frame = document.createElement("iframe"));
    frame.title = "Inspector";
    frame.src = this.#address;
    // A policy or a header of the application may forbid the frame: then the inspector gets a window.
    frame.addEventListener("load", () => !shows(frame) && this.#openWindow());
    document.addEventListener("securitypolicyviolation", this.#refused);
    this.#host.shadowRoot.append(frame);
    document.adoptedStyleSheets.push(this.#room);
    this.show();
  }

  close() {
    document.removeEventListener("securitypolicyviolation", this.#refused);
    this.#frame?.remove();
    this.#frame = null;
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== this.#room);
    this.show();
    this.#button.focus();
  }

  #refused = ({ effectiveDirective }) => {
    if (this.#frame && /^(frame|child|default)-src/.test(effectiveDirective)) this.#openWindow();
  };

  #openWindow() {
    this.close();
    window.open(this.#address, "pyview-inspector", "width=1100,height=720");
  }
}

function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

function shows(frame) {
  try {
    return Boolean(frame.contentDocument?.querySelector("[data-phx-main]"));
  } catch {
    return false;
  }
}

/** Latency and a lost connection of the page's own socket; both are gone when the page is loaded again. */
function simulate(liveSocket) {
  const socket = liveSocket.getSocket();
  const watchers = new Set();
  let latency = 0;
  let lost = false;
  let timer;
  const changed = () => watchers.forEach((watcher) => watcher({ latency, lost }));
  // The official simulation keeps its value in the session storage, which the frame of the inspector shares.
  liveSocket.getLatencySim = () => latency || null;
  const connect = () => {
    clearTimeout(timer);
    lost = false;
    delete socket.connect;
    socket.connect();
    changed();
  };
  return {
    state: () => ({ latency, lost }),
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    delay(milliseconds) {
      latency = milliseconds;
      changed();
    },
    lose(seconds) {
      if (lost) return;
      lost = true;
      // Closed without a goodbye, as a network does that is gone. The socket tries again, and cannot connect.
      socket.connect = () => socket.reconnectTimer.scheduleTimeout();
      socket.conn?.close(4999, "simulated");
      if (seconds) timer = setTimeout(connect, seconds * 1000);
      changed();
    },
    connect: () => lost && connect(),
  };
}
