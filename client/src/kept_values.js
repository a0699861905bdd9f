// Keeps values that the server does not know: passwords, which it never sends back, and the text that a combobox shows for
// a value.

/** Returns LiveSocket options with which a patch does not clear inputs marked
 * `data-keep-value`, unless the value of this attribute has changed. */
export function keepingValues(options = {}) {
  const { onBeforeElUpdated } = options.dom ?? {};
  const keeping = (from, to) => {
    const kept = from.getAttribute("data-keep-value");
    if (kept !== null && kept === to.getAttribute("data-keep-value")) to.value = from.value;
    return onBeforeElUpdated?.(from, to);
  };
  return { ...options, dom: { ...options.dom, onBeforeElUpdated: keeping } };
}
