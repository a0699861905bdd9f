import { LiveSocket as OfficialLiveSocket } from "phoenix_live_view";
import { mayReload, pageAnswers, reloadLimit, useUpReloads, wasTouched } from "./reloads.js";
import { removeReloadNotice, showReloadNotice } from "./notices.js";
import { keepingStreams, watchedChannel } from "./returns.js";
import { runCommands } from "./commands.js";
import { leavingGoneViews } from "./gone_views.js";
import { keepingValues } from "./kept_values.js";
import { setFlashCookie } from "./flash_cookie.js";
import { changeSession, renewSocket } from "./session_changes.js";
import { noteProblem } from "./development.js";
import { useViewFiles, withViewHooks } from "./view_files.js";

const created = new Set();
const resolved = (href) => new URL(href, document.baseURI).href;

/** True once any LiveSocket exists on this page, so that the automatic start stands back. */
export const socketExists = () => created.size > 0;

/**
 * The official LiveSocket, which reloads the page when a join is refused as `stale` or `unauthorized`,
 * at once and without limit. This one tells the reader after a few rounds, and goes on trying slowly. It
 * also has the session changed where a view wishes it.
 */
export class LiveSocket extends OfficialLiveSocket {
  #sessionUrl;
  #changes = Promise.resolve();
  #posting = null;
  #reloadLimit;
  #retry;

  constructor(url, phxSocket, options = {}) {
    const kept = leavingGoneViews(keepingStreams(keepingValues(options)), () => this);
    super(url, phxSocket, { ...kept, hooks: withViewHooks(options.hooks) });
    created.add(this);
    this.#reloadLimit = reloadLimit(options);
    window.addEventListener("phx:page-loading-stop", () => this.main?.isConnected() && removeReloadNotice());
    const base = url.replace(/^ws(s?):/, "http$1:");
    this.#sessionUrl = `${base}/session`;
    window.addEventListener("phx:pyview:session", ({ detail }) => {
      this.#changes = this.#changes.then(() => this.#changeSession(detail));
    });
    window.addEventListener("phx:pyview:files", ({ detail }) => useViewFiles(`${base}/assets/views`, detail));
    window.addEventListener("phx:pyview:load", () => this.#load());
    window.addEventListener("phx:pyview:problem", ({ detail }) => noteProblem(detail));
    window.addEventListener("phx:pyview:exec", ({ detail }) => runCommands(this, detail));
  }

  channel(topic, params) {
    const open = super.channel.bind(this);
    return topic.startsWith("lv:") ? watchedChannel(topic, params, open) : open(topic, params);
  }

  // A link's address comes resolved. One of a JS command is as it was written, and goes to the server like that; it
  // counts from the page as links do.
  pushHistoryPatch(event, href, ...rest) {
    return super.pushHistoryPatch(event, resolved(href), ...rest);
  }

  historyRedirect(event, href, ...rest) {
    return super.historyRedirect(event, resolved(href), ...rest);
  }

  replaceMain(href, flash, callback = null, ...rest) {
    const arrived = (linkRef) => {
      this.#useElementOfNextPage();
      callback?.(linkRef);
    };
    return super.replaceMain(href, flash, arrived, ...rest);
  }

  // Where the next page's element is of another tag, the client makes a new one, and puts the former into the document.
  #useElementOfNextPage() {
    const { el, id } = this.main;
    const shown = document.getElementById(id);
    if (!shown || el.isConnected) return;
    el.replaceChildren(...shown.childNodes);
    shown.replaceWith(el);
  }

  redirect(to, flash, reloadToken) {
    // A page that is left before its new cookie has come would go on with the old one, which may be dead.
    if (this.#posting) return this.#posting.then(() => this.unloaded || this.redirect(to, flash, reloadToken));
    const { pathname } = new URL(to, window.location.href);
    if (this.#isOwnDoing(to) && !mayReload(pathname, this.#reloadLimit)) return this.#slowDown(() => this.#loadSlowly());
    if (flash) setFlashCookie(flash);
    // Without `flash`: the official client would set the cookie again, too late for the next page.
    return super.redirect(to, null, reloadToken);
  }

  reloadWithJitter(view, log) {
    if (!this.#mayReload()) return this.#slowDown(() => this.connect());
    return super.reloadWithJitter(view, log);
  }

  // With `to` the view has ended, and that is where the page goes next; without, the view goes on.
  async #changeSession({ token, to, flash }) {
    if (this.unloaded) return;
    try {
      const receipt = await this.#posted(changeSession(this.#sessionUrl, this.main.el, token));
      if (to) this.redirect(to, flash);
      else await renewSocket(this.#sessionUrl, this, receipt);
    } catch (error) {
      if (this.unloaded) return;
      console.error("PyView: the session was not changed.", error);
      this.#reload();
    }
  }

  async #posted(change) {
    let end;
    this.#posting = new Promise((resolve) => (end = resolve));
    try {
      return await change;
    } finally {
      this.#posting = null;
      setTimeout(end); // whoever waits for it goes after the one who caused it
    }
  }

  #reload() {
    if (!this.#mayReload()) return this.#slowDown(() => this.#loadSlowly());
    this.#load();
  }

  #mayReload() {
    return mayReload(window.location.pathname, this.#reloadLimit);
  }

  #load() {
    if (this.unloaded) return;
    this.unload();
    window.location.reload();
  }

  // A redirect that follows a click is the application's; one from a view that never joined, or from an
  // untouched page back to itself, is a round of a possible loop.
  #isOwnDoing(to) {
    const neverJoined = !this.main || this.main.joinCount === 0;
    const sameAddress = new URL(to, window.location.href).href === window.location.href;
    return neverJoined || (sameAddress && !wasTouched());
  }

  // The reader is told, and one attempt follows after a while: a view that could not be mounted is joined again, so that
  // what was typed stays; a page that was refused is loaded.
  #slowDown(tryAgain) {
    this.disconnect();
    showReloadNotice();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.unloaded) return;
      useUpReloads(window.location.pathname, this.#reloadLimit);
      tryAgain();
    }, this.failsafeJitter);
  }

  async #loadSlowly() {
    if (await pageAnswers()) this.#load();
    else this.#slowDown(() => this.#loadSlowly());
  }
}
