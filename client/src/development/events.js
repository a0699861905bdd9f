// Messages of views, for the modules of this folder.

const handlers = new Map(); // name of an event -> functions

/**
 * Calls `handler(detail, {id, topic})` for each message `event` of a view: such as `"pyview:failure"`, which the server
 * pushes to a view's channel. `"join"` is the answer to a join: `detail` is the response.
 */
export function on(event, handler) {
  handlers.set(event, [...(handlers.get(event) ?? []), handler]);
}

/** Takes each message of each view from the main script, in their order. */
export function receive(topic, event, payload) {
  const { response } = payload;
  if (event !== "phx_reply") call(event, payload, topic);
  else if (response?.development) call("join", response, topic);
}

function call(event, detail, topic) {
  for (const handler of handlers.get(event) ?? []) handler(detail, { id: topic.slice("lv:".length), topic });
}
