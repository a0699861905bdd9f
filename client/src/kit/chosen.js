// What is chosen in a combobox: the value of a hidden input, or one hidden input in each chip.

import { announce } from "./inputs.js";

const labels = new WeakMap(); // the label of the value that the browser has chosen last, by combobox

export const valueInput = (box) => box.querySelector(".pv-combobox-value");
export const textInput = (box) => box.querySelector(".pv-combobox-text");
export const isSeveral = (box) => box.matches(".pv-several");
export const isFree = (box) => "free" in box.dataset;

const chips = (box) => [...box.querySelectorAll(".pv-chip")];
const valueOf = (chip) => chip.querySelector("input").value;

export const values = (box) => (isSeveral(box) ? chips(box).map(valueOf) : [valueInput(box).value]);
export const isFull = (box) => isSeveral(box) && values(box).length >= Number(box.dataset.max ?? Infinity);

/** Choose the only value of a combobox; an empty one for none. */
export function setValue(box, value, label) {
  const text = textInput(box);
  valueInput(box).value = value;
  text.value = label;
  // The server may not know the label. Then a patch leaves it alone as long as the value is the same.
  text.setAttribute("data-keep-value", value);
  labels.set(box, { value, label });
  announce(valueInput(box));
}

/** Show the label of the chosen value again, after the user has typed and chosen nothing. */
export function restoreText(box) {
  const { value } = valueInput(box);
  const known = labels.get(box);
  textInput(box).value = isSeveral(box) || value === "" ? "" : known?.value === value ? known.label : box.dataset.text;
}

/** Add a chip. Return false if it is there already, or if the list is full. */
export function addChip(box, value, label) {
  const isThere = values(box).some((each) => each.toLowerCase() === value.toLowerCase());
  if (!value || isThere || isFull(box)) return false;
  const chip = document.createElement("li");
  chip.className = "pv-chip";
  chip.append(
    Object.assign(document.createElement("span"), { textContent: label }),
    Object.assign(document.createElement("input"), { type: "hidden", name: valueInput(box).name, value }),
    Object.assign(document.createElement("button"), {
      type: "button",
      className: "pv-chip-remove",
      textContent: "×",
      ariaLabel: box.dataset.remove.replace("{text}", label),
    }),
  );
  box.querySelector(".pv-chips").append(chip);
  announce(valueInput(box));
  return true;
}

/** Remove the chip of a value; the last one without a value. */
export function removeChip(box, value) {
  const chip = value === undefined ? chips(box).at(-1) : chips(box).find((each) => valueOf(each) === value);
  if (!chip) return;
  chip.remove();
  announce(valueInput(box));
}
