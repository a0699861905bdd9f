// Marks the document while a page loads; the stylesheet shows the bar.

const DELAY_MS = 200;

/** Shows the loading bar for navigations longer than `DELAY_MS`. */
export function watchPageLoading() {
  let timer;
  const mark = (loading) => document.documentElement.toggleAttribute("data-pyview-loading", loading);
  window.addEventListener("phx:page-loading-start", ({ detail }) => {
    clearTimeout(timer);
    if (detail?.kind !== "initial") timer = setTimeout(mark, DELAY_MS, true);
  });
  window.addEventListener("phx:page-loading-stop", () => {
    clearTimeout(timer);
    mark(false);
  });
}
