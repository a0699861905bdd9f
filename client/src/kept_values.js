// What was typed into a field whose value the server never tells: a password, say.

/** Options for LiveSocket under which a patch does not empty inputs that are marked `data-keep-value`. */
export function keepingValues(options = {}) {
  const { onBeforeElUpdated } = options.dom ?? {};
  const keeping = (from, to) => {
    if (from.hasAttribute("data-keep-value") && to.hasAttribute("data-keep-value")) to.value = from.value;
    return onBeforeElUpdated?.(from, to);
  };
  return { ...options, dom: { ...options.dom, onBeforeElUpdated: keeping } };
}
