// Plots in the browser. This script is loaded with the first plot of a page.

import { openPlotly } from "./plotly.js";
import { tableIn } from "./table.js";
import { watchTheme } from "./theme.js";
import { openVega } from "./vega.js";

/* global PLOTS_STYLE */

const PLOTLY_STYLE = "plotly.js-style-global";
const libraries = new Map(); // URL -> promise of the loaded script

function loadLibrary(url) {
  if (!libraries.has(url)) libraries.set(url, addScript(url));
  return libraries.get(url);
}

const element = (tag, properties) =>
  new Promise((resolve, reject) => {
    const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
    const added = Object.assign(document.createElement(tag), { ...properties, nonce, onload: resolve });
    added.onerror = () => {
      libraries.delete(properties.src);
      added.remove();
      reject(new Error(`PyView: ${properties.src ?? properties.href} of a plot was not loaded.`));
    };
    document.head.append(added);
  });

// Plotly adds its rules to the element with this id, else to one that a strict policy forbids.
const addStyle = () =>
  document.getElementById(PLOTLY_STYLE) ??
  element("link", { id: PLOTLY_STYLE, rel: "stylesheet", href: new URL(PLOTS_STYLE, import.meta.url).href });

async function addScript(src) {
  await addStyle();
  await element("script", { src });
}

/** Opens the plot of a hook. What it receives, and changes of size and theme, are handled one after the other. */
export function open(hook, url) {
  const box = hook.el;
  const figure = { parts: {}, names: [] };
  let drawing = null;
  let closed = false;
  let turn = loadLibrary(url);
  const table = tableIn(box, () => drawing?.rows(figure));

  const inTurn = (work) => (turn = turn.then(() => closed || work()).catch((error) => console.error(error)));

  async function receive(message) {
    if (message.grown) {
      for (const [part, added, keep] of message.grown) await drawing?.grow(figure, part, added, keep);
    } else {
      const changed = Object.keys(message.parts);
      figure.parts = Object.fromEntries(message.names.map((name) => [name, message.parts[name] ?? figure.parts[name]]));
      figure.names = message.names;
      drawing ??= (message.library === "plotly" ? openPlotly : openVega)(hook, box);
      await drawing.show(figure, message.whole ? null : changed);
    }
    table.refresh();
  }

  let size = "";
  const resized = new ResizeObserver(([{ contentRect }]) => {
    const now = `${Math.round(contentRect.width)} ${Math.round(contentRect.height)}`;
    if (size && now !== size) requestAnimationFrame(() => inTurn(() => drawing?.resize(figure)));
    size = now;
  });
  resized.observe(box);
  const unwatch = watchTheme(() => inTurn(() => drawing?.show(figure, null)));

  return {
    receive: (message) => inTurn(() => receive(message)),
    close() {
      closed = true;
      resized.disconnect();
      unwatch();
      table.close();
      drawing?.close();
      drawing = null;
      Object.assign(figure, { parts: {}, names: [] });
    },
  };
}
