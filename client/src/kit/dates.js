// Ranges of days: the first day is not after the last, and buttons choose common ranges.

import { announce } from "./inputs.js";

const day = (offset, now = new Date()) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + offset);
const month = (offset, now = new Date()) => new Date(now.getFullYear(), now.getMonth() + offset, 1);
const before = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate() - 1);
const months = (from, to) => [month(from), before(month(to))];

function named(name) {
  const lastDays = /^last_(\d+)_days$/.exec(name);
  if (lastDays) return [day(1 - lastDays[1]), day(0)];
  if (name === "yesterday") return [day(-1), day(-1)];
  const passed = new Date().getMonth(); // months of this year before this one
  return {
    this_month: months(0, 1),
    last_month: months(-1, 0),
    this_year: months(-passed, 12 - passed),
    last_year: months(-passed - 12, -passed),
  }[name] ?? [day(0), day(0)];
}

// In the time zone of the user, which toISOString() is not.
const text = (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

const inputsOf = (range) => range.querySelectorAll('input[type="date"]');

function changed({ target }) {
  const range = target.closest?.(".pv-dates");
  if (!range) return;
  const [first, last] = inputsOf(range);
  first.max = [last.value, range.dataset.max].filter(Boolean).sort()[0] ?? "";
  last.min = [first.value, range.dataset.min].filter(Boolean).sort().at(-1) ?? "";
}

function clicked({ target }) {
  const button = target.closest?.(".pv-presets button");
  if (!button) return;
  const { days, start, end } = button.dataset;
  const [first, last] = inputsOf(button.closest(".pv-dates"));
  [first.value, last.value] = days ? named(days).map(text) : [start, end];
  // One event for both: the form sends all its values.
  announce(last);
}

export function watchDates() {
  document.addEventListener("input", changed);
  document.addEventListener("click", clicked);
}
