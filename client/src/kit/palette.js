// The command palette: Ctrl+K opens it, the arrow keys choose a command, and the text filters those of the browser.

import { hold } from "./held.js";
import { itemFor } from "./keys.js";

const OPTION = '[role="option"]:not([hidden])';

const inputOf = (palette) => palette.querySelector(".pv-palette-input");
const optionsOf = (palette) => [...palette.querySelectorAll(OPTION)];
const chosenOf = (palette) => palette.querySelector('[role="option"][aria-selected="true"]:not([hidden])');

function choose(palette, option) {
  for (const each of palette.querySelectorAll('[aria-selected="true"]')) hold(each, "aria-selected", "false");
  if (option) hold(option, "aria-selected", "true");
  hold(inputOf(palette), "aria-activedescendant", option?.id ?? null);
  option?.scrollIntoView({ block: "nearest" });
}

/** Show the commands that contain each word of the text. */
function filter(palette) {
  const words = inputOf(palette).value.toLowerCase().split(/\s+/);
  for (const option of palette.querySelectorAll('[role="option"]:not([data-server])')) {
    const text = `${option.textContent} ${option.dataset.words ?? ""}`.toLowerCase();
    hold(option, "hidden", words.every((word) => text.includes(word)) ? null : "");
  }
  choose(palette, optionsOf(palette)[0]);
}

function toggled({ target: palette, newState }) {
  if (!palette.matches?.(".pv-palette") || newState !== "open") return;
  inputOf(palette).select();
  filter(palette);
}

function typed({ target }) {
  if (target.matches?.(".pv-palette-input")) filter(target.closest(".pv-palette"));
}

function pressed(event) {
  const { key, ctrlKey, metaKey, target } = event;
  if ((ctrlKey || metaKey) && key.toLowerCase() === "k") return toggle(event);
  const palette = target.closest?.(".pv-palette");
  if (!palette || !target.matches(".pv-palette-input")) return;
  if (key === "Enter") {
    event.preventDefault(); // the form is not sent
    return (chosenOf(palette) ?? optionsOf(palette)[0])?.click();
  }
  if (key !== "ArrowDown" && key !== "ArrowUp") return; // Home and End move in the text
  const options = optionsOf(palette);
  const next = itemFor(key, options, chosenOf(palette) ?? options.at(key === "ArrowUp" ? 0 : -1), "vertical");
  event.preventDefault();
  choose(palette, next);
}

function toggle(event) {
  const palette = document.querySelector(".pv-palette");
  if (!palette) return;
  event.preventDefault();
  palette.togglePopover();
}

function clicked({ target }) {
  target.closest?.('.pv-palette [role="option"]')?.closest(".pv-palette").hidePopover();
}

export function watchPalette() {
  document.addEventListener("toggle", toggled, { capture: true }); // the event does not bubble
  document.addEventListener("input", typed);
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
}
