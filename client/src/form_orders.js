// What a button of a form orders by a change event, such as to take an entry off a list. The event carries the button's
// name and value, but the form has neither, so whatever it sends until the server has answered would take that back.

const LOCK = "data-phx-ref-lock"; // a form that waits for an answer is locked, and is patched once it has them all
const waiting = new WeakMap();

function hold({ target: button, detail: { eventType, ref } }) {
  const { form, name, value } = button;
  if (eventType !== "change" || !(button instanceof HTMLButtonElement) || !form || !name) return;
  const order = [name, value];
  const unlocked = `phx:undo-lock:${ref}`;
  const release = ({ target }) => {
    if (target !== form) return; // the button's own comes up here too, and may be earlier
    form.removeEventListener(unlocked, release);
    waiting.set(form, orders(form).filter((one) => one !== order));
  };
  waiting.set(form, [...orders(form), order]);
  form.addEventListener(unlocked, release);
}

const orders = (form) => waiting.get(form) ?? [];

// Those that wait go before one that is being given, so that the last is the last.
function add({ target: form, formData }) {
  // A connection that broke off takes its locks along, and tells nobody.
  if (!form.hasAttribute(LOCK)) waiting.delete(form);
  for (const name of new Set(orders(form).map(([name]) => name))) {
    const values = orders(form).filter((one) => one[0] === name).map(([, value]) => value);
    values.push(...formData.getAll(name));
    formData.delete(name);
    for (const value of values) formData.append(name, value);
  }
}

/** Keeps what buttons order in the data of their form until the server has answered. */
export function keepOrders() {
  window.addEventListener("phx:push", hold);
  window.addEventListener("formdata", add);
}
