// The theme loads the search with each page: a worker and an index, which are larger than the page. Load them when the
// search is used: when the mouse or the focus reaches its field, or when the address has a query. The theme asks for the
// index by XMLHttpRequest, before it makes the worker.
{
  const FIELD = "[data-md-toggle=search], .md-search__form, label[for=__search]";
  const waiting = [];
  let isUsed = new URLSearchParams(location.search).has("q");

  const whenUsed = (load) => (isUsed ? load() : waiting.push(load));

  const use = (event) => {
    if (isUsed || !event.target.closest?.(FIELD)) return;
    isUsed = true;
    for (const load of waiting.splice(0)) load();
  };
  for (const kind of ["focusin", "change", "pointerover"]) document.addEventListener(kind, use);

  const { open, send } = XMLHttpRequest.prototype;
  const later = new WeakSet();

  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    if (String(url).endsWith("search/search_index.json")) later.add(this);
    return open.call(this, method, url, ...rest);
  };

  XMLHttpRequest.prototype.send = function (...body) {
    if (later.delete(this)) whenUsed(() => send.apply(this, body));
    else send.apply(this, body);
  };

  const Started = window.Worker;

  window.Worker = class extends EventTarget {
    #messages = [];
    #worker = null;

    constructor(url) {
      super();
      whenUsed(() => {
        this.#worker = new Started(url);
        this.#worker.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent("message", { data }));
        for (const message of this.#messages.splice(0)) this.#worker.postMessage(message);
      });
    }

    postMessage(message) {
      if (this.#worker) this.#worker.postMessage(message);
      else this.#messages.push(message);
    }
  };
}
