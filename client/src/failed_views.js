// A nested view whose first join crashed: the page does not wait for it and keeps its HTML of the first render.

const shown = new Map(); // id of a failed view -> its HTML, for when the client creates its element again

function htmlOf(element) {
  const kept = element.cloneNode(true);
  // Remove the tokens of views inside it: they must not join before their parent has joined.
  for (const inner of kept.querySelectorAll("[data-phx-parent-id]")) {
    inner.setAttribute("data-phx-parent-id", "");
    inner.setAttribute("data-phx-session", "");
  }
  return kept.innerHTML;
}

/** Returns the response to the join of view `id`. If the join failed, the HTML in the page replaces the empty tree. */
export function keepingHtml(id, response) {
  const element = document.getElementById(id);
  if (!response.failed) shown.delete(id);
  else if (element?.firstElementChild) shown.set(id, htmlOf(element));
  return shown.has(id) ? { ...response, rendered: { s: [shown.get(id)] } } : response;
}
