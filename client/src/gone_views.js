// The official client leaves a nested view when its element is removed, but not a view inside an item of a stream: it
// checks only the removed item itself. The server ends the views that it knows to be gone; this module leaves the others.

const shown = new WeakSet(); // views whose element has been in the page; others are in HTML that is not inserted yet

const inside = (liveSocket) =>
  Object.values(liveSocket.roots).flatMap((root) => Object.values(root.children ?? {}).flatMap(Object.values));

function leaveGoneViews(views) {
  for (const view of views) {
    if (view.el.isConnected) shown.add(view);
    else if (shown.has(view) && !view.isDestroyed()) view.destroy();
  }
}

/** Returns LiveSocket options that leave nested views whose elements were removed from the page. */
export function leavingGoneViews(options, liveSocket) {
  const onPatchEnd = (container) => {
    // Later, because the client creates the views of new elements after the patch.
    queueMicrotask(() => leaveGoneViews(inside(liveSocket())));
    options.dom?.onPatchEnd?.(container);
  };
  return { ...options, dom: { ...options.dom, onPatchEnd } };
}
