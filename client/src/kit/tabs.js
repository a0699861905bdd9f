// Tabs: the browser shows the chosen panel, unless the tab sends an event, whose answer shows it.

import { hold } from "./held.js";
import { itemFor } from "./keys.js";

const TAB = '.pv-tabs > .pv-tablist > [role="tab"]';

const tabsBeside = (tab) => [...tab.parentElement.querySelectorAll('[role="tab"]')];

function choose(chosen) {
  for (const tab of tabsBeside(chosen)) {
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    hold(tab, "aria-selected", String(tab === chosen));
    hold(tab, "tabindex", tab === chosen ? null : "-1");
    if (panel) hold(panel, "hidden", tab === chosen ? null : "");
  }
}

function clicked(event) {
  const tab = event.target.closest?.(TAB);
  if (tab && !tab.hasAttribute("phx-click")) choose(tab);
}

function pressed(event) {
  const tab = event.target.closest?.(TAB);
  const next = tab && itemFor(event.key, tabsBeside(tab), tab, "horizontal");
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
}

export function watchTabs() {
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
}
