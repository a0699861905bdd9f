// The script for developers: a second bundle, which only applications in debug mode serve.
//
// A module of this folder exports one function, which `start` calls once. It registers what it listens for:
//
//     import { on } from "./events.js";
//     export function startInspector({ liveSocket, base }) {
//       on("pyview:inspected", (detail, { id }) => ...);
//     }

import { startInspector } from "./inspector.js";
import { keepPage } from "./kept_page.js";
import { startOverlay } from "./overlay.js";
import { followStyles } from "./styles.js";

export { receive } from "./events.js";

const TOOLS = [keepPage, startOverlay, startInspector, followStyles];

/** Starts every tool, once for each load of the page. `base` is the address of the assets, without a slash at its end. */
export function start(page) {
  for (const tool of TOOLS) tool(page);
}
