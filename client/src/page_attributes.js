// Attributes and elements of the document that a view sets. They are marked, so that the document's own are restored.

const OURS = "data-pyview-page";

/** Applies the events `pyview:page` of a view, as long as the view is shown. */
export function watchPageAttributes() {
  let applied = false;
  window.addEventListener("phx:pyview:page", ({ detail }) => {
    applied = true;
    showPage(detail);
  });
  window.addEventListener("phx:page-loading-start", () => (applied = false));
  window.addEventListener("phx:page-loading-stop", ({ detail }) => {
    // The new view sets nothing: remove what the last one has set.
    if (detail?.kind === "redirect" && !applied) showPage({});
  });
}

function showPage({ lang, dir, html_class, body_class, meta = {}, link = {} }) {
  const root = document.documentElement;
  replaceAttribute(root, "lang", lang);
  replaceAttribute(root, "dir", dir);
  ownClasses(root, html_class);
  ownClasses(document.body, body_class);
  const metas = Object.entries(meta).map(([name, content]) => [name.includes(":") ? "property" : "name", name, { content }]);
  const links = Object.entries(link).map(([rel, href]) => ["rel", rel, { href }]);
  ownElements("meta", metas);
  ownElements("link", links);
}

// The document's own value is kept in a second attribute; "" if it has none.
function replaceAttribute(el, name, value) {
  const usual = `data-pyview-${name}`;
  if (value) {
    if (!el.hasAttribute(usual)) el.setAttribute(usual, el.getAttribute(name) ?? "");
    el.setAttribute(name, value);
  } else if (el.hasAttribute(usual)) {
    const before = el.getAttribute(usual);
    if (before) el.setAttribute(name, before);
    else el.removeAttribute(name);
    el.removeAttribute(usual);
  }
}

function ownClasses(el, text = "") {
  const words = (classes) => (classes ?? "").split(/\s+/).filter(Boolean);
  el.classList.remove(...words(el.getAttribute("data-pyview-class")));
  el.classList.add(...words(text));
  if (text) el.setAttribute("data-pyview-class", text);
  else el.removeAttribute("data-pyview-class");
  if (!el.classList.length) el.removeAttribute("class");
}

// The first element of a kind counts, so those of the view come before the document's own.
function ownElements(tag, wanted) {
  const old = [...document.head.querySelectorAll(`${tag}[${OURS}]`)];
  for (const [key, name, attributes] of wanted) {
    const at = old.findIndex((one) => one.getAttribute(key) === name);
    const el = at < 0 ? document.createElement(tag) : old.splice(at, 1)[0];
    el.setAttribute(key, name);
    el.setAttribute(OURS, "");
    for (const [attribute, value] of Object.entries(attributes)) el.setAttribute(attribute, value);
    if (at < 0) document.head.prepend(el);
  }
  for (const el of old) el.remove();
}
