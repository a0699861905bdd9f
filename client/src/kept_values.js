// Keeps typed values that the server never sends back, such as passwords.

/** Returns LiveSocket options with which a patch does not clear inputs marked `data-keep-value`. */
export function keepingValues(options = {}) {
  const { onBeforeElUpdated } = options.dom ?? {};
  const keeping = (from, to) => {
    if (from.hasAttribute("data-keep-value") && to.hasAttribute("data-keep-value")) to.value = from.value;
    return onBeforeElUpdated?.(from, to);
  };
  return { ...options, dom: { ...options.dom, onBeforeElUpdated: keeping } };
}
