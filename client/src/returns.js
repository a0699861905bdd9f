// A page that rejoins its view after a lost connection.

import { keepingHtml } from "./failed_views.js";

const ids = new Set();

// Id of this load of the page: a duplicated tab has the same HTML, but is not the page of the detached view.
const load = crypto.getRandomValues(new Uint32Array(2)).join("-");

/**
 * Returns the channel of a view. With each join it sends the id of the page load and the number of messages received
 * since the last join, because a lost item of a stream cannot be sent again. It records if the server has resumed the
 * view, or could not mount it.
 */
export function watchedChannel(topic, params, open) {
  let received = 0;
  const channel = open(topic, () => {
    const payload = params();
    const joinParams = { ...payload.params, _load: load, ...(received && { _received: received }) };
    received = 0;
    return { ...payload, params: joinParams };
  });
  channel.onMessage = (event, payload, ref, joinRef) => {
    if (joinRef) received++; // messages without it are events of the client itself
    const response = joinRef && event === "phx_reply" && payload.response;
    const id = topic.slice("lv:".length);
    if (response?.resumed || response?.failed) ids.add(id);
    return response?.rendered ? { ...payload, response: keepingHtml(id, response) } : payload;
  };
  return channel;
}

/**
 * Returns LiveSocket options that keep the items of streams if the server has resumed the view. After a join, the official
 * client removes all stream items that are not sent with it. It finds streams by their attribute, so the attribute is
 * changed before the patch; the patch itself restores it.
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
