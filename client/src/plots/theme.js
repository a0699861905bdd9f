// Colours of the page for plots, and a watch for their changes.

const SERIES = 8;

/** Returns the colours at an element: those of the properties --pv-*, as a browser computes them. */
export function coloursOf(element) {
  const probe = document.createElement("span");
  element.after(probe);
  const computed = getComputedStyle(probe);
  const colour = (name, fallback) => {
    probe.style.color = `var(--pv-${name}, ${fallback})`;
    return computed.color;
  };
  const colours = {
    ink: colour("ink", "CanvasText"),
    soft: colour("soft", "GrayText"),
    line: colour("line", "lightgray"),
    surface: colour("surface", "Canvas"),
    font: computed.fontFamily,
    series: Array.from({ length: SERIES }, (_, i) => colour(`series-${i + 1}`, "currentColor")),
  };
  probe.remove();
  return colours;
}

/** Calls `changed` when the system, or the page itself, switches between light and dark. Returns the end of it. */
export function watchTheme(changed) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const later = () => requestAnimationFrame(changed);
  dark.addEventListener("change", later);
  const attributes = new MutationObserver(later);
  attributes.observe(document.documentElement, { attributeFilter: ["class", "style", "data-theme"] });
  return () => {
    dark.removeEventListener("change", later);
    attributes.disconnect();
  };
}
