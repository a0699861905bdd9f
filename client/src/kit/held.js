// Attributes that the browser holds: patches of the server do not change them back.

/** Set an attribute, or remove it if `value` is null. */
export function hold(element, name, value) {
  const commands = window.liveSocket?.js?.() ?? { setAttribute: set, removeAttribute: remove };
  if (value === null) commands.removeAttribute(element, name);
  else commands.setAttribute(element, name, value);
}

const set = (element, name, value) => element.setAttribute(name, value);
const remove = (element, name) => element.removeAttribute(name);
