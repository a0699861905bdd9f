// What the core components do in the browser. All listeners are on the document and find elements by their class, so no
// element needs a hook or an id, and a patch cannot remove them.

import { watchComboboxes } from "./combobox.js";
import { watchDates } from "./dates.js";
import { watchInputs } from "./inputs.js";
import { watchMenus } from "./menus.js";
import { watchMessages } from "./messages.js";
import { watchPalette } from "./palette.js";
import { watchShell } from "./shell.js";
import { watchTabs } from "./tabs.js";
import { watchTooltips } from "./tooltips.js";

export function watchComponents() {
  watchComboboxes();
  watchDates();
  watchInputs();
  watchMenus();
  watchMessages();
  watchPalette();
  watchShell();
  watchTabs();
  watchTooltips();
}
