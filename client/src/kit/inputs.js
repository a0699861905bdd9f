// Buttons and texts beside inputs: smaller and larger, show the password, clear, the value of a slider or a colour.

import { hold } from "./held.js";

/** Tell the form that the browser has changed an input. */
export function announce(input) {
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function step(input, by) {
  if (input.disabled || input.readOnly) return;
  // With the step "any", browsers cannot step by themselves.
  if (input.step === "any") input.value = String(Number(input.value) + by);
  else if (by > 0) input.stepUp();
  else input.stepDown();
  announce(input);
}

function reveal(button, input) {
  const shown = input.type === "password";
  hold(input, "type", shown ? "text" : "password");
  hold(button, "aria-pressed", String(shown));
}

/** Empty an input, and move the focus to it. */
function clear(input) {
  input.value = "";
  input.focus();
  announce(input);
}

function clicked({ target }) {
  const button = target.closest?.("button.pv-in-box");
  const box = button?.closest(".pv-box:not(.pv-combobox)");
  if (!box) return;
  const input = box.querySelector("input");
  if (button.dataset.by) step(input, Number(button.dataset.by));
  else if (button.matches(".pv-reveal")) reveal(button, input);
  else if (button.matches(".pv-clear")) clear(input);
}

// A patch does not change the input that has the focus. The text beside it has to say the same.
function show(input) {
  const output = input?.parentElement?.querySelector(":scope:is(.pv-slider, .pv-color) > output");
  const text = output && (output.dataset.shown ?? "{value}").replace("{value}", input.value);
  if (output && output.textContent !== text) output.textContent = text;
}

const GROWS = globalThis.CSS?.supports?.("field-sizing", "content");

// For browsers that cannot fit the height to the text by themselves.
function grow(area) {
  if (GROWS || !area.matches?.(".pv-grow")) return;
  hold(area, "rows", "1");
  const { lineHeight, paddingBlockStart } = getComputedStyle(area);
  hold(area, "rows", String(Math.ceil((area.scrollHeight - 2 * parseFloat(paddingBlockStart)) / parseFloat(lineHeight))));
}

export function watchInputs() {
  document.addEventListener("click", clicked);
  document.addEventListener("input", ({ target }) => {
    show(target);
    grow(target);
  });
  document.addEventListener("phx:update", () => show(document.activeElement));
}
