// A page that rejoins its view after a lost connection.

import { keepingHtml } from "./failed_views.js";

const ids = new Set();

// Id of this load of the page: a duplicated tab has the same HTML, but is not the page of the detached view.
const load = crypto.getRandomValues(new Uint32Array(2)).join("-");

// By topic: the number of joins of a view that keeps its state, and the newest state that the server gave the page.
const kept = new Map();

// By topic: the worker of the last join. The page asks for its view there if it reaches another worker.
const workers = new Map();

let failing = false; // a view that starts again with its state has just failed

/**
 * Returns the channel of a view. With each join it sends the id of the page load and the number of messages received
 * since the last join, because a lost item of a stream cannot be sent again; for a view that keeps its state, also what
 * finds this state in another worker. It records if the server has resumed the view, or could not mount it. `pass` gets
 * each message.
 */
export function watchedChannel(topic, params, open, pass) {
  let received = 0;
  const channel = open(topic, () => {
    const payload = params();
    const joinParams = { ...payload.params, _load: load, ...(received && { _received: received }), ...returning(topic) };
    received = 0;
    return { ...payload, params: joinParams };
  });
  channel.onMessage = (event, payload, ref, joinRef) => {
    if (!joinRef) return payload; // an event of the client itself
    received++;
    pass(event, payload);
    const response = event === "phx_reply" && payload.response;
    const id = topic.slice("lv:".length);
    if (response?.resumed || response?.failed) ids.add(id);
    if (response?.rendered) noteJoin(topic, response);
    if (event === "pyview:kept") noteState(topic, payload);
    if (event === "phx_error") noteFailure(topic, payload);
    return response?.rendered ? { ...payload, response: keepingHtml(id, response) } : payload;
  };
  forgetWhenLeft(topic, channel);
  return channel;
}

function returning(topic) {
  const { joins, token } = kept.get(topic) ?? {};
  const worker = workers.get(topic);
  return { ...(joins && { _joins: joins }), ...(token && { _kept: token }), ...(worker && { _worker: worker }) };
}

function noteJoin(topic, { keeps, worker }) {
  if (worker) workers.set(topic, worker);
  if (keeps) kept.set(topic, { joins: (kept.get(topic)?.joins ?? 0) + 1 });
  else kept.delete(topic);
}

// A view that failed starts again without what made it fail. In development the server has the state before that, and
// that of the views inside, whose channels the client leaves at once.
function noteFailure(topic, { keeps }) {
  if (!keeps) return kept.delete(topic);
  failing = true;
  setTimeout(() => (failing = false));
}

function noteState(topic, { token }) {
  kept.set(topic, { joins: kept.get(topic)?.joins ?? 1, token });
}

// The client also leaves the channels of nested views when the connection is lost. These come back.
function forgetWhenLeft(topic, channel) {
  const leave = channel.leave.bind(channel);
  channel.leave = (...args) => {
    if (channel.socket.isConnected() && !failing) {
      kept.delete(topic);
      workers.delete(topic);
    }
    return leave(...args);
  };
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
