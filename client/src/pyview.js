// The module that a page loads: the official client, started automatically.

import "./pyview.css";
import { keepOrders } from "./form_orders.js";
import { watchComponents } from "./kit/index.js";
import { watchMethodLinks } from "./method_links.js";
import { startWhenReady } from "./start.js";

export { Channel, LongPoll, Presence } from "phoenix";
export { ViewHook, createHook, getFileURLForUpload, isUsedInput } from "phoenix_live_view";
export { LiveSocket } from "./live_socket.js";
export { Socket } from "./socket.js";
export { start } from "./start.js";

watchMethodLinks();
watchComponents();
keepOrders();
startWhenReady();
