// Script and stylesheet beside a view: loaded with the view, removed with it.
//
// A script is an ES module whose named exports are hooks: "Chart" in `phx-hook` is the export of a view on the page,
// "Counter.Chart" that of the view Counter. Hooks that the application registers itself come first.

import { Plot } from "./plots.js";

const files = new Map(); // URL of a script -> {views, exports, loading, page}
const styles = new Map(); // id and name of a view -> link element of its stylesheet
let page = 0; // counts live navigations

const absolute = (href) => new URL(href, document.baseURI).href;
const sheets = () => [...document.querySelectorAll("link[data-pyview-style]")];

/** Returns the nonce of the page's content security policy, if any. */
export const nonce = () => document.querySelector("script[nonce]")?.nonce;
const report = (address) => (error) => console.error(`PyView: the hooks of ${address} were not loaded.`, error);

async function load(file, address) {
  file.exports = await import(address).catch((error) => report(address)(error) ?? {});
}

function useScript(href, view) {
  const address = absolute(href);
  const file = files.get(address) ?? { views: new Set(), exports: null };
  file.views.add(view);
  files.delete(address); // the latest is last
  files.set(address, file);
  file.page = page;
  return (file.loading ??= load(file, address));
}

function useStyle(owner, href) {
  const former = styles.get(owner);
  const link = sheets().find((sheet) => sheet.href === absolute(href)) ?? document.createElement("link");
  styles.set(owner, link);
  link.dataset.pyviewStyle = page;
  if (link.isConnected) return;
  Object.assign(link, { rel: "stylesheet", href, nonce: nonce() ?? "" });
  if (former?.isConnected) replace(former, link);
  else document.head.append(link);
}

// Insert the new stylesheet after the old one and remove the old one when it has loaded: the view is never unstyled, and
// the order of stylesheets stays.
function replace(former, link) {
  link.onload = link.onerror = () => {
    former.onload?.(); // it may still be loading, with an older one before it
    former.remove();
  };
  former.after(link);
}

function dropStyle(owner) {
  styles.get(owner)?.remove();
  styles.delete(owner);
}

/**
 * Loads the files of a joined view before its page is shown. The server pushes the event again when a file has changed,
 * also after a restart: the new stylesheet replaces the old one.
 */
export function useViewFiles(base, { id, view, script, style }) {
  if (style) useStyle(`${id} ${view}`, `${base}/${style}`);
  else dropStyle(`${id} ${view}`);
  if (script) useScript(`${base}/${script}`, view);
}

/** Loads the files of the document's head. Resolves when all have been loaded or have failed. */
export function loadHeadFiles() {
  for (const link of sheets()) link.dataset.pyviewStyle = page;
  const scripts = document.querySelectorAll("link[data-pyview-hooks]");
  return Promise.all([...scripts].map((link) => useScript(link.getAttribute("href"), link.dataset.pyviewHooks)));
}

// After a live navigation, files of views that have not joined since its start belong to the previous page.
function forgetOldFiles() {
  if (document.querySelector("[data-phx-sticky]")) return; // a sticky view stays without joining again
  for (const [address, file] of files) if (file.page !== page) files.delete(address);
  for (const link of sheets()) if (link.dataset.pyviewStyle !== String(page)) link.remove();
}

const isNavigation = ({ detail }) => detail?.kind === "redirect";
window.addEventListener("phx:page-loading-start", (event) => isNavigation(event) && page++);
window.addEventListener("phx:page-loading-stop", (event) => isNavigation(event) && forgetOldFiles());

function exported(file, name) {
  const [, view, hook] = name.match(/^(?:(.*)\.)?([^.]*)$/);
  return !view || file.views.has(view) ? file.exports[hook] : undefined;
}

function viewHook(name) {
  for (const file of [...files.values()].reverse()) {
    if (!file.exports) return later(name, file);
    const hook = exported(file, name);
    if (hook) return hook;
  }
}

// Placeholder for a hook whose script is still loading; it becomes that hook.
const later = (name, file) => ({
  mounted() {
    let gone = false;
    this.destroyed = () => (gone = true);
    file.loading.then(() => gone || become(this, name));
  },
});

function become(hook, name) {
  delete hook.mounted;
  delete hook.destroyed;
  const definition = viewHook(name);
  if (!definition) return console.error(`PyView: no script of a view on this page exports the hook ${name}.`);
  if (typeof definition === "function") Object.setPrototypeOf(hook, definition.prototype);
  else Object.assign(hook, definition);
  hook.mounted();
}

const OWN = { "PyView.Plot": Plot };

/** Returns the hooks of the application, with PyView's own and those of the views on the page as fallback. */
export const withViewHooks = (hooks = {}) =>
  new Proxy(hooks, { get: (own, name) => own[name] ?? OWN[name] ?? (typeof name === "string" ? viewHook(name) : undefined) });
