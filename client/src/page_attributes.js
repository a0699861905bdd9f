// What a view says about the document around it. Whatever is the view's is marked, so that the rest stays as it was.

const OURS = "data-pyview-page";

/** Shows what views say in `pyview:page`, for as long as each is the page's. */
export function watchPageAttributes() {
  let said = false;
  window.addEventListener("phx:pyview:page", ({ detail }) => {
    said = true;
    showPage(detail);
  });
  window.addEventListener("phx:page-loading-start", () => (said = false));
  window.addEventListener("phx:page-loading-stop", ({ detail }) => {
    // The view that came has nothing to say, so what the last one said does not hold any more.
    if (detail?.kind === "redirect" && !said) showPage({});
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

// What the document itself says is kept beside the attribute, "" for nothing.
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

// The first of a kind counts, so those of the view come before the document's own.
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
