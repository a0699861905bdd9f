// Hooks of the inspector's page. It stands in a frame of the page that it shows, or in a window of its own; the script
// for developers of that page (client/src/development/inspector.js) simulates a bad connection there.

const inspected = () => {
  const page = window.parent === window ? window.opener : window.parent;
  try {
    return page?.pyviewInspector;
  } catch {
    return undefined; // a page of another site
  }
};

const close = () => (window.parent === window ? window.close() : inspected()?.close());

export const Panel = {
  mounted() {
    this.el.addEventListener("click", ({ target }) => target.closest("[data-close]") && close());
    this.onKey = ({ key }) => key === "Escape" && close();
    window.addEventListener("keydown", this.onKey);
  },
  destroyed() {
    window.removeEventListener("keydown", this.onKey);
  },
};

export const Connection = {
  mounted() {
    const page = inspected();
    const find = (selector) => this.el.querySelector(selector);
    const slider = find("#latency");
    const show = () => {
      const { latency, lost } = page?.state() ?? { latency: 0, lost: false };
      slider.value = latency;
      find("[data-latency]").textContent = latency;
      find("[data-connect]").hidden = !lost;
      for (const button of this.el.querySelectorAll("[data-lose]")) button.disabled = !page || lost;
      slider.disabled = !page;
    };
    slider.addEventListener("input", () => page.delay(Number(slider.value)));
    this.el.addEventListener("click", ({ target }) => {
      if (target.dataset.lose) page.lose(Number(target.dataset.lose));
      if ("connect" in target.dataset) page.connect();
    });
    this.stop = page?.watch(show);
    show();
  },
  destroyed() {
    this.stop?.();
  },
};
