// The official client leaves a nested view when its element goes, but not one that stands within an item of a stream: of
// what a stream takes out, it looks at the item alone. The server ends what it knows to have gone; this is for the rest.

const shown = new WeakSet(); // views whose element was in the page: others still wait in HTML that is to come

const inside = (liveSocket) =>
  Object.values(liveSocket.roots).flatMap((root) => Object.values(root.children ?? {}).flatMap(Object.values));

function leaveGoneViews(views) {
  for (const view of views) {
    if (view.el.isConnected) shown.add(view);
    else if (shown.has(view) && !view.isDestroyed()) view.destroy();
  }
}

/** Options for LiveSocket with which nested views are left whose elements have gone from the page. */
export function leavingGoneViews(options, liveSocket) {
  const onPatchEnd = (container) => {
    // Not at once: the client makes the views of new elements after the patch.
    queueMicrotask(() => leaveGoneViews(inside(liveSocket())));
    options.dom?.onPatchEnd?.(container);
  };
  return { ...options, dom: { ...options.dom, onPatchEnd } };
}
