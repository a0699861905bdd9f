// Figures of Plotly.

import { eventsOf, plain } from "./events.js";
import { coloursOf } from "./theme.js";

// No links to other sites, and no buttons that send the figure there.
const CONFIG = { displaylogo: false, responsive: false, showSendToCloud: false, plotlyServerURL: "" };

function template(box) {
  const { ink, soft, line, font, series } = coloursOf(box);
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, title: { standoff: 8 } };
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: series,
      font: { color: ink, family: font, size: 13 }, legend: { font: { color: soft }, orientation: "h", x: 0, y: 1, yanchor: "bottom" },
      xaxis: axis, yaxis: axis, margin: { l: 48, r: 16, t: 24, b: 40 }, modebar: { bgcolor: "rgba(0,0,0,0)", color: soft },
      hoverlabel: { font: { family: font } },
    },
  };
}

function layoutOf(box, figure) {
  const own = structuredClone(figure.parts.layout ?? {}); // Plotly writes into it
  // With the same revision, zoom and hidden series stay as the user left them.
  return { template: template(box), uirevision: "kept", ...own, autosize: true, width: undefined, height: undefined };
}

const traceNames = (figure) => figure.names.filter((name) => name !== "layout");

const pointOf = ({ data, fullData, curveNumber, pointNumber, pointIndex, x, y, label, value, customdata }) => ({
  series: String(fullData?.name ?? data?.name ?? ""),
  trace: curveNumber ?? null,
  index: Number.isInteger(pointNumber) ? pointNumber : Number.isInteger(pointIndex) ? pointIndex : null,
  x: plain(x ?? label ?? null),
  y: plain(y ?? value ?? null),
  data: customdata === undefined || Array.isArray(customdata) ? {} : { customdata: plain(customdata) },
});

const pointsOf = (event) => (event?.points ?? []).map(pointOf);

function rangesOf(event) {
  const plainList = (values) => values.map(plain);
  return Object.fromEntries(Object.entries(event?.range ?? {}).map(([axis, limits]) => [axis, plainList(limits)]));
}

export function openPlotly(hook, box) {
  const { Plotly } = window;
  const events = eventsOf(hook);
  let listening = false;

  function listen() {
    if (listening) return;
    listening = true;
    box.on("plotly_click", (event) => events.click(pointsOf(event)));
    box.on("plotly_hover", (event) => events.hover(pointsOf(event)));
    box.on("plotly_unhover", () => events.hover([]));
    box.on("plotly_selected", (event) => events.select(pointsOf(event), rangesOf(event)));
    box.on("plotly_deselect", () => events.select([], {}));
  }

  return {
    async show(figure) {
      // `react` compares: it draws again what has another identity.
      const traces = traceNames(figure).map((name) => ({ ...figure.parts[name] }));
      await Plotly.react(box, traces, layoutOf(box, figure), CONFIG);
      listen();
    },

    async grow(figure, part, added, keep) {
      const trace = figure.parts[part];
      for (const [name, values] of Object.entries(added)) {
        const all = [...(trace[name] ?? []), ...values];
        trace[name] = keep ? all.slice(-keep) : all;
      }
      const number = traceNames(figure).indexOf(part);
      const update = Object.fromEntries(Object.keys(added).map((name) => [name, [added[name]]]));
      await Plotly.extendTraces(box, update, [number], keep ?? undefined);
    },

    resize: () => Plotly.Plots.resize(box),

    rows(figure) {
      const rows = traceNames(figure).flatMap((name, i) => {
        const { x, y, labels, values } = figure.parts[name];
        const ys = listOf(y ?? values);
        const xs = listOf(x ?? labels);
        const title = box._fullData?.[i]?.name ?? figure.parts[name].name ?? "";
        return ys.map((value, at) => [title, xs[at] ?? at, value]);
      });
      return { columns: ["Series", "x", "y"], rows };
    },

    close() {
      events.close();
      Plotly.purge(box);
    },
  };
}

// Numbers of NumPy may come as base64 text; Plotly decodes them for the picture.
const listOf = (values) => (Array.isArray(values) || ArrayBuffer.isView(values) ? [...values] : []);
