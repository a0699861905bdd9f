// The script and the style sheet that stand beside a view: loaded with it, gone with it.
//
// A script is an ES module whose named exports are hooks: "Chart" in `phx-hook` is the export of that name of a view
// on the page, "Counter.Chart" that of the view Counter. What the application registered itself goes first.

const files = new Map(); // address of a script -> {views, exports, loading, page}
const styles = new Map(); // id and name of a view -> the link to its style sheet
let page = 0; // counts live navigations

const absolute = (href) => new URL(href, document.baseURI).href;
const sheets = () => [...document.querySelectorAll("link[data-pyview-style]")];

/** What the page's content security policy allows scripts by, if it asks for that. */
export const nonce = () => document.querySelector("script[nonce]")?.nonce;
const report = (address) => (error) => console.error(`PyView: the hooks of ${address} were not loaded.`, error);

async function load(file, address) {
  file.exports = await import(address).catch((error) => report(address)(error) ?? {});
}

function useScript(href, view) {
  const address = absolute(href);
  const file = files.get(address) ?? { views: new Set(), exports: null };
  file.views.add(view);
  files.delete(address); // the newest goes last
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

// The view is never without a style sheet, and the new one has the rank of the old one.
function replace(former, link) {
  link.onload = link.onerror = () => {
    former.onload?.(); // it may still be on its way, with an older one before it
    former.remove();
  };
  former.after(link);
}

function dropStyle(owner) {
  styles.get(owner)?.remove();
  styles.delete(owner);
}

/**
 * The server joins a view that has files: they are wanted before its page is shown. It says so again when they have
 * changed, be it after a restart: the style sheet of a view takes the place of its former one.
 */
export function useViewFiles(base, { id, view, script, style }) {
  if (style) useStyle(`${id} ${view}`, `${base}/${style}`);
  else dropStyle(`${id} ${view}`);
  if (script) useScript(`${base}/${script}`, view);
}

/** What the document names in its head. Resolves when all of it is there, or has failed. */
export function loadHeadFiles() {
  for (const link of sheets()) link.dataset.pyviewStyle = page;
  const scripts = document.querySelectorAll("link[data-pyview-hooks]");
  return Promise.all([...scripts].map((link) => useScript(link.getAttribute("href"), link.dataset.pyviewHooks)));
}

// A live navigation has come to its end: files of views that did not join since are of the page before.
function forgetOldFiles() {
  if (document.querySelector("[data-phx-sticky]")) return; // a sticky view stays, and does not join again
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

// Stands in for a hook whose script is on its way, and becomes it.
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

/** The hooks of an application, and behind them those of the views on the page. */
export const withViewHooks = (hooks = {}) =>
  new Proxy(hooks, { get: (own, name) => own[name] ?? (typeof name === "string" ? viewHook(name) : undefined) });
