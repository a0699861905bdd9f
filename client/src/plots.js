// Hook of plots, in the main script: it loads the script of plots when the first plot is shown, and keeps what the server
// sends until then. The build puts in the name of that script.

/* global PLOTS_SCRIPT */
const WAIT_MS = 30000; // an event for an element that never comes is forgotten

let loading;
const shown = new Map(); // id of a plot -> promise of the plot
const early = new Map(); // id of a plot -> messages that came before its element

const load = () => (loading ??= import(new URL(PLOTS_SCRIPT, import.meta.url).href));

function keep(id, message) {
  if (!early.has(id)) setTimeout(() => early.delete(id), WAIT_MS);
  early.set(id, [...(message.whole ? [] : (early.get(id) ?? [])), message]);
}

const send = (plot, message) => plot.then((ready) => ready.receive(message)).catch(console.error);

window.addEventListener("phx:pyview:plot", ({ detail }) => {
  const plot = shown.get(detail.id);
  if (plot) send(plot, detail);
  else keep(detail.id, detail);
});

export const Plot = {
  mounted() {
    const { plot: id, script } = this.el.dataset;
    this.plot = load().then(({ open }) => open(this, new URL(`libraries/${script}`, import.meta.url).href));
    shown.set(id, this.plot);
    for (const message of early.get(id) ?? []) send(this.plot, message);
    early.delete(id);
  },

  destroyed() {
    const { plot: id } = this.el.dataset;
    if (shown.get(id) === this.plot) shown.delete(id);
    this.plot.then((plot) => plot.close()).catch(() => {});
    this.plot = null;
  },
};
