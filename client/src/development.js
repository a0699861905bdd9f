// Loads the script for developers, when a message names it, and passes the messages of all views to it.

let loading;
const failing = new Set(); // topics of views whose last join failed, and whose failure is shown

/** Takes a message of a view. `base` is the address of the assets. */
export function passToDevelopers(liveSocket, base, topic, event, payload) {
  const { development, failure } = payload.response ?? payload;
  if (development && !loading) {
    const address = new URL(`${base}/${development.script}`, document.baseURI).href;
    loading = import(address).then((script) => (script.start({ liveSocket, base }), script));
    loading.catch(console.error);
  }
  if (event === "phx_reply") failing[failure ? "add" : "delete"](topic);
  loading?.then(({ receive }) => receive(topic, event, payload), () => {});
}

/** Returns true if the failed join of the view is shown to a developer: then the page must not be loaded again. */
export const developing = (view) => failing.has(view.channel?.topic);
