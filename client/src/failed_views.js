// A nested view whose first join crashed: the page waits for it no longer, and keeps what it showed so far.

const shown = new Map(); // id of a view that failed -> its HTML, for when the client makes its element anew

function htmlOf(element) {
  const kept = element.cloneNode(true);
  // Views within that one have no token until it is there, so that none may be joined.
  for (const inner of kept.querySelectorAll("[data-phx-parent-id]")) {
    inner.setAttribute("data-phx-parent-id", "");
    inner.setAttribute("data-phx-session", "");
  }
  return kept.innerHTML;
}

/** The answer to the join of view `id`: where it failed, with the HTML that is in the page in the place of nothing. */
export function keepingHtml(id, response) {
  const element = document.getElementById(id);
  if (!response.failed) shown.delete(id);
  else if (element?.firstElementChild) shown.set(id, htmlOf(element));
  return shown.has(id) ? { ...response, rendered: { s: [shown.get(id)] } } : response;
}
