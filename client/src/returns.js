// A page that comes back to its view after a broken connection: what it says of itself, and what of the page stays.

import { keepingHtml } from "./failed_views.js";

const ids = new Set();

// One for each load of a page: a tab that was duplicated has the same HTML, but is not the page that the server knows.
const load = crypto.getRandomValues(new Uint32Array(2)).join("-");

/**
 * The channel of a view. It says which load of the page it belongs to. It tells the server with each join how many
 * messages came since the last one, because a lost item of a stream cannot be sent again; and it notes that a view has
 * gone on where it was, or could not be mounted.
 */
export function watchedChannel(topic, params, open) {
  let received = 0;
  const channel = open(topic, () => {
    const payload = params();
    const said = { ...payload.params, _load: load, ...(received && { _received: received }) };
    received = 0;
    return { ...payload, params: said };
  });
  channel.onMessage = (event, payload, ref, joinRef) => {
    if (joinRef) received++; // without one it is the client's own news
    const response = joinRef && event === "phx_reply" && payload.response;
    const id = topic.slice("lv:".length);
    if (response?.resumed || response?.failed) ids.add(id);
    return response?.rendered ? { ...payload, response: keepingHtml(id, response) } : payload;
  };
  return channel;
}

/**
 * Options for LiveSocket with which the items of streams stay where the server has kept the view: after a join, the
 * official client takes out all items that do not come with it. It looks for them by the attribute, which the patch
 * itself puts back, before it comes to the items.
 */
export function keepingStreams(options) {
  const onPatchStart = (container) => {
    if (ids.delete(container.id)) hideStreams(container);
    options.dom?.onPatchStart?.(container);
  };
  return { ...options, dom: { ...options.dom, onPatchStart } };
}

function hideStreams(container) {
  for (const list of container.querySelectorAll("[phx-update=stream]")) {
    if (list.closest("[data-phx-session]") === container) list.setAttribute("phx-update", "resumed-stream");
  }
}
