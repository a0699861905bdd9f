// Events of plots for the view: clicks at once, the pointer and selections at most every 100 milliseconds.

const PAUSE_MS = 100;
const MOST_POINTS = 1000;

const isPlain = (value) => value === null || ["string", "number", "boolean"].includes(typeof value);

/** Returns the value if it is JSON's own, the text of a date, else null. */
export const plain = (value) =>
  value instanceof Date ? value.toISOString() : isPlain(value) && !Number.isNaN(value) ? value : null;

export const plainEntries = (object) =>
  Object.fromEntries(
    Object.entries(object ?? {})
      .filter(([, value]) => isPlain(value) || value instanceof Date)
      .map(([name, value]) => [name, plain(value)]),
  );

/** Returns functions that push the events which the element asks for, with the attributes that it has at that moment. */
export function eventsOf(hook) {
  const waiting = new Map(); // attribute with the name of an event -> its latest payload
  let last = 0;
  let timer = null;

  function push(name, payload) {
    const event = hook.el.dataset[name];
    const { target } = hook.el.dataset;
    if (!event) return;
    if (target) hook.pushEventTo(/^\d+$/.test(target) ? Number(target) : target, event, payload);
    else hook.pushEvent(event, payload);
  }

  function flush() {
    timer = null;
    last = performance.now();
    for (const [name, payload] of waiting) push(name, payload);
    waiting.clear();
  }

  function pushSoon(name, payload) {
    if (!hook.el.dataset[name]) return;
    waiting.set(name, payload);
    timer ??= setTimeout(flush, Math.max(0, last + PAUSE_MS - performance.now()));
  }

  const few = (points) => points.slice(0, MOST_POINTS);
  return {
    click: (points) => push("onClick", { points: few(points) }),
    hover: (points) => pushSoon("onHover", { points: few(points) }),
    select: (points, ranges) => pushSoon("onSelect", { points: few(points), ranges }),
    close: () => clearTimeout(timer),
  };
}
