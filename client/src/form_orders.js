// A button with a change event, such as one that removes an entry of a list, sends its name and value with that event.
// The form itself has neither, so a change that it sends before the server has replied would revert the button's change.
// Until the reply, the button's value is added to the data of the form.

const LOCK = "data-phx-ref-lock"; // the client locks a form that waits for replies, and patches it when all have arrived
const waiting = new WeakMap();

function hold({ target: button, detail: { eventType, ref } }) {
  const { form, name, value } = button;
  if (eventType !== "change" || !(button instanceof HTMLButtonElement) || !form || !name) return;
  const order = [name, value];
  const unlocked = `phx:undo-lock:${ref}`;
  const release = ({ target }) => {
    if (target !== form) return; // the event of the button bubbles up to here too, and may come first
    form.removeEventListener(unlocked, release);
    waiting.set(form, orders(form).filter((one) => one !== order));
  };
  waiting.set(form, [...orders(form), order]);
  form.addEventListener(unlocked, release);
}

const orders = (form) => waiting.get(form) ?? [];

// Pending values come before the value of this event, so that the latest one is last.
function add({ target: form, formData }) {
  // A lost connection drops its locks without an event.
  if (!form.hasAttribute(LOCK)) waiting.delete(form);
  for (const name of new Set(orders(form).map(([name]) => name))) {
    const values = orders(form).filter((one) => one[0] === name).map(([, value]) => value);
    values.push(...formData.getAll(name));
    formData.delete(name);
    for (const value of values) formData.append(name, value);
  }
}

/** Keeps the values of buttons in the data of their form until the server has replied. */
export function keepOrders() {
  window.addEventListener("phx:push", hold);
  window.addEventListener("formdata", add);
}
