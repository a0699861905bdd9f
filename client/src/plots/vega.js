// Charts of Altair, drawn by Vega. Its expressions are interpreted, so a policy need not allow `unsafe-eval`.

import { eventsOf, plainEntries, plain } from "./events.js";
import { coloursOf } from "./theme.js";

function config(box) {
  const { ink, soft, line, font, series } = coloursOf(box);
  const text = { labelColor: soft, titleColor: ink, labelFont: font, titleFont: font, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  return {
    background: "transparent",
    view: { stroke: "transparent" },
    axis: { ...text, gridColor: line, domainColor: line, tickColor: line },
    legend: { ...text, orient: "top" },
    header: text,
    title: { color: ink, font, subtitleColor: soft, subtitleFont: font },
    range: { category: series },
    mark: { color: series[0] },
  };
}

// A chart of layers may have no encoding of its own. Rows, columns and facets make several charts of one.
const isSingle = ({ mark, layer, encoding = {} }) =>
  Boolean(mark ?? layer) && !["facet", "row", "column"].some((channel) => channel in encoding);

function specOf(box, figure) {
  const spec = structuredClone(figure.parts.layout);
  const datasets = Object.fromEntries(dataNames(figure).map((name) => [name, structuredClone(figure.parts[name])]));
  const own = spec.config ?? {};
  // The size that Altair writes into each chart is not one that the developer has chosen.
  const { continuousWidth, continuousHeight, ...view } = own.view ?? {};
  const autosize = { type: "fit", contains: "padding" };
  const fits = isSingle(spec) ? { width: "container", height: "container", autosize } : {};
  return { ...fits, ...spec, datasets, config: { ...own, view } };
}

function withDates(row, parse = {}) {
  for (const [name, type] of Object.entries(parse)) {
    if (type === "date" && row[name] != null) row[name] = new Date(row[name]).getTime();
  }
  return row;
}

const dataNames = (figure) => figure.names.filter((name) => name !== "layout");

function pointOf(datum, encoding = {}) {
  const field = (channel) => encoding[channel]?.field;
  const fields = plainEntries(datum);
  return {
    series: String(datum[field("color")] ?? ""),
    x: plain(datum[field("x")] ?? null),
    y: plain(datum[field("y")] ?? null),
    data: fields,
  };
}

const rangesOf = (value) =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter(([name, limits]) => Array.isArray(limits) && name !== "vlPoint").map(([name, limits]) => [name, limits.map(plain)]),
  );

export function openVega(hook, box) {
  const { vegaEmbed } = window;
  const events = eventsOf(hook);
  let result = null;
  let formats = {};

  function listen({ view }, spec) {
    const pointsAt = (item) => (item?.datum ? [pointOf(item.datum, spec.encoding)] : []);
    view.addEventListener("click", (_event, item) => item?.datum && events.click(pointsAt(item)));
    view.addEventListener("mousemove", (_event, item) => events.hover(pointsAt(item)));
    for (const { name, select } of spec.params ?? []) {
      if (select) view.addSignalListener(name, (_name, value) => events.select([], rangesOf(value)));
    }
  }

  async function embed(figure) {
    const spec = specOf(box, figure);
    const before = result;
    // Vega writes the text of a tooltip into `title`, not into an element with a style of its own.
    const tooltip = (_handler, _event, _item, value) => {
      const fields = value && typeof value === "object" ? Object.entries(value).map(([name, one]) => `${name}: ${one}`).join("\n") : value;
      box.title = fields ?? "";
    };
    before?.finalize();
    result = await vegaEmbed(box, spec, { ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip, config: config(box), mode: "vega-lite" });
    // Its roles have no names for the marks of selections. The label of the plot and the table say what it shows.
    box.querySelector("svg")?.setAttribute("aria-hidden", "true");
    formats = Object.fromEntries((result.vgSpec.data ?? []).map(({ name, format }) => [name, format]));
    listen(result, spec);
  }

  // Data that are loaded later are not parsed by Vega, so dates would stay texts.
  const parsed = (name, rows) => rows.map((row) => withDates({ ...row }, formats[name]?.parse));

  // A format of its own, such as "date:'%Y'", is read only when the chart is drawn anew.
  const canParse = (name) => Object.values(formats[name]?.parse ?? {}).every((type) => !type.includes(":"));
  const hasData = (name) => result && name in formats && canParse(name);

  return {
    async show(figure, changed) {
      if (!changed?.length || !changed.every(hasData)) return embed(figure);
      for (const name of changed) result.view.data(name, parsed(name, figure.parts[name]));
      await result.view.runAsync();
    },

    async grow(figure, part, added, keep) {
      const rows = figure.parts[part];
      rows.push(...added);
      const surplus = keep ? rows.splice(0, Math.max(0, rows.length - keep)).length : 0;
      if (!hasData(part)) return embed(figure);
      const oldest = new Set(result.view.data(part).slice(0, surplus));
      if (surplus) result.view.remove(part, (row) => oldest.has(row));
      result.view.insert(part, parsed(part, added));
      await result.view.runAsync();
    },

    resize: () => result?.view.resize().runAsync(),

    rows(figure) {
      const rows = dataNames(figure).flatMap((name) => figure.parts[name]);
      const columns = [...new Set(rows.slice(0, 200).flatMap((row) => Object.keys(row)))];
      return { columns, rows: rows.map((row) => columns.map((name) => row[name])) };
    },

    close() {
      events.close();
      result?.finalize();
      result = null;
      box.replaceChildren();
    },
  };
}
