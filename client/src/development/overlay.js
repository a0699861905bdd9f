// Shows what crashed in the views of the page, above it, until it is mended or closed.
//
// Its element is outside of all views, so patches and joins do not touch it. Styles of the page do not reach it either.

import failureStyle from "../../../pyview/failures/failure.css";
import { on } from "./events.js";
import style from "./overlay.css";

const failures = new Map(); // key -> {key, title, html, scope, topic, boot, count}
let shown = null; // key of the failure in the open overlay; null if it is closed
let parts;
let before; // the element that had the focus

/** Starts to listen for failures. */
export function startOverlay() {
  on("pyview:failure", note);
  on("pyview:mended", ({ scope }, { topic }) =>
    drop((each) => each.scope === scope && (scope === "application" || each.topic === topic)));
  on("join", joined);
  window.addEventListener("phx:page-loading-start", ({ detail }) => {
    if (detail?.kind === "redirect") drop((each) => each.scope !== "application");
  });
  document.addEventListener("keydown", closeAtEscape, true);
}

function joined(response, { id, topic }) {
  const { boot } = response.development;
  if (response.rendered && !response.failed) {
    const isMain = document.getElementById(id)?.hasAttribute("data-phx-main");
    drop((each) => (each.topic === topic && ["join", "template"].includes(each.scope)) ||
      (each.boot !== boot && (isMain || each.topic === topic)));
  }
  note(response, { topic });
}

function note({ failure, development }, { topic }) {
  if (!failure) return;
  const known = failures.get(failure.key);
  failures.set(failure.key, { ...failure, topic, boot: development.boot, count: (known?.count ?? 0) + 1 });
  // One that was closed does not open again, and one that is being read stays.
  if (known || shown) return draw();
  open(failure.key);
}

function drop(isMended) {
  const keys = [...failures.keys()];
  for (const [key, each] of failures) if (isMended(each)) failures.delete(key);
  if (shown && !failures.has(shown)) shown = next(keys);
  draw();
}

// Return the failure after the one that is gone.
function next(keys) {
  const after = keys.slice(keys.indexOf(shown)).find((key) => failures.has(key));
  return after ?? [...failures.keys()].at(-1) ?? null;
}

function open(key) {
  shown = key;
  draw();
  const { sheet, alert } = parts;
  alert.textContent = failures.get(key).title;
  if (isTyping(document.activeElement)) return;
  before = document.activeElement;
  sheet.focus({ preventScroll: true });
}

function close() {
  shown = null;
  draw();
  if (parts.badge.isConnected && document.activeElement === parts.host) (before ?? document.body).focus?.();
}

function closeAtEscape(event) {
  if (event.key !== "Escape" || !shown) return;
  if (event.target === parts.host) event.stopPropagation();
  close();
}

const isTyping = (element) => element?.matches?.("input, textarea, select, [contenteditable]") ?? false;

function draw() {
  if (failures.size === 0) return parts?.host.remove();
  parts ??= make();
  const { host, sheet, badge } = parts;
  if (!host.isConnected) attach(host);
  badge.hidden = Boolean(shown);
  sheet.hidden = !shown;
  badge.textContent = failures.size === 1 ? "1 failure" : `${failures.size} failures`;
  if (shown) drawSheet(failures.get(shown));
}

// Above dialogs of the page, which are in the top layer of the browser.
function attach(host) {
  document.documentElement.append(host);
  host.showPopover?.();
}

function drawSheet({ key, html, count }) {
  const { content, position, times, pager } = parts;
  const keys = [...failures.keys()];
  pager.hidden = keys.length === 1;
  position.textContent = `${keys.indexOf(key) + 1} of ${keys.length}`;
  times.textContent = count > 1 ? `${count} times` : "";
  if (content.dataset.key === key) return; // its traceback may be open, or a text be selected
  content.dataset.key = key;
  content.innerHTML = html;
  content.scrollTop = 0;
}

function turn(step) {
  const keys = [...failures.keys()];
  shown = keys[(keys.indexOf(shown) + step + keys.length) % keys.length];
  draw();
}

async function copy({ currentTarget: button }) {
  const text = [...parts.content.querySelectorAll(".what, .whole pre")].map((each) => each.textContent).join("\n");
  await navigator.clipboard?.writeText(text).then(() => (button.textContent = "Copied"), () => {});
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

const LAYOUT = `
<section class="sheet" role="dialog" aria-label="Failure" tabindex="-1" hidden>
  <header class="bar">
    <span class="pager"><button type="button" class="previous" aria-label="Previous failure">‹</button>
    <span class="position"></span>
    <button type="button" class="next" aria-label="Next failure">›</button></span>
    <span class="times" role="status"></span>
    <button type="button" class="copy">Copy</button>
    <button type="button" class="close" aria-label="Close" title="Close (Esc)">✕</button>
  </header>
  <div class="content"></div>
</section>
<button type="button" class="badge" hidden></button>
<p class="alert" role="alert"></p>`;

function make() {
  const host = document.createElement("pyview-failures");
  host.popover = "manual";
  const root = host.attachShadow({ mode: "open" });
  root.innerHTML = LAYOUT;
  root.adoptedStyleSheets = [failureStyle, style].map(sheetOf);
  const find = (name) => root.querySelector(`.${name}`);
  find("close").onclick = close;
  find("copy").onclick = copy;
  find("previous").onclick = () => turn(-1);
  find("next").onclick = () => turn(1);
  find("badge").onclick = () => open([...failures.keys()].at(-1));
  // What is done here is no event of the page.
  for (const type of ["click", "pointerdown", "mousedown", "keydown", "keyup"]) {
    host.addEventListener(type, (event) => event.stopPropagation());
  }
  const names = ["sheet", "content", "position", "times", "pager", "badge", "alert"];
  return { host, ...Object.fromEntries(names.map((name) => [name, find(name)])) };
}

// A content security policy does not forbid style sheets that a script makes.
function sheetOf(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
