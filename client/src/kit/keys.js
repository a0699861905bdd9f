// Movement between the items of a list with the keyboard.

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/**
 * Return the item that a key leads to from `current`; undefined for another key. From the last item it goes on with the
 * first. `axis` is "vertical" or "horizontal"; from right to left, the left arrow leads to the next item.
 */
export function itemFor(key, items, current, axis) {
  if (key === "Home") return items[0];
  if (key === "End") return items.at(-1);
  const isVertical = key === "ArrowDown" || key === "ArrowUp";
  if (!(key in STEPS) || isVertical !== (axis === "vertical")) return undefined;
  const isReversed = !isVertical && current.matches(":dir(rtl)");
  const step = isReversed ? -STEPS[key] : STEPS[key];
  return items[(items.indexOf(current) + step + items.length) % items.length];
}
