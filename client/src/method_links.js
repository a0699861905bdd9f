// Links and buttons with data-method, which request a URL as a form does, and with data-confirm, which ask first.

const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content;

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

/** Returns the form of a link with data-method; null if its URL is not HTTP. */
function formOf(link) {
  const url = new URL(link.dataset.to ?? link.getAttribute("href") ?? "", document.baseURI);
  if (!["http:", "https:"].includes(url.protocol)) return null;
  const { method } = link.dataset;
  const form = Object.assign(document.createElement("form"), {
    action: url.href,
    method: method === "get" ? "get" : "post",
    target: link.getAttribute("target") ?? "",
    hidden: true,
  });
  if (!["get", "post"].includes(method)) form.append(hidden("_method", method));
  const token = link.dataset.csrf ?? (url.origin === window.location.origin && csrfToken());
  if (token && method !== "get") form.append(hidden("_csrf_token", token));
  return form;
}

function follow(event) {
  const link = event.target.closest?.("[data-method]");
  if (!link || event.defaultPrevented) return;
  event.preventDefault();
  const form = formOf(link);
  if (!form) return;
  document.body.append(form);
  form.requestSubmit();
  form.remove();
}

// In the capture phase, so that no other listener gets the event if the user declines.
function ask(event) {
  const question = event.target.closest?.("[data-confirm]")?.dataset.confirm;
  if (!question || window.confirm(question)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

export function watchMethodLinks() {
  window.addEventListener("click", ask, { capture: true });
  window.addEventListener("click", follow);
}
