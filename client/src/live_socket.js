import { LiveSocket as OfficialLiveSocket } from "phoenix_live_view";
import { mayReload, pageAnswers, reloadLimit, useUpReloads, wasTouched } from "./reloads.js";
import { removeReloadNotice, showFailure, showReloadNotice } from "./notices.js";
import { keepingStreams, watchedChannel } from "./returns.js";
import { runCommands } from "./commands.js";
import { leavingGoneViews } from "./gone_views.js";
import { keepingValues } from "./kept_values.js";
import { setFlashCookie } from "./flash_cookie.js";
import { changeSession, renewSocket } from "./session_changes.js";
import { download } from "./downloads.js";
import { developing, passToDevelopers } from "./development.js";
import { useViewFiles, withViewHooks } from "./view_files.js";

const created = new Set();
const resolved = (href) => new URL(href, document.baseURI).href;

/** Returns true if a LiveSocket exists on this page; then the automatic start does nothing. */
export const socketExists = () => created.size > 0;

/**
 * The official LiveSocket with limits for reloads. The official one reloads the page at once and without limit when a
 * join is refused as `stale` or `unauthorized`; this one shows a message after a few reloads and then retries slowly. It
 * also changes the session when a view requests it.
 */
export class LiveSocket extends OfficialLiveSocket {
  #base;
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
    const base = (this.#base = url.replace(/^ws(s?):/, "http$1:"));
    this.#sessionUrl = `${base}/session`;
    window.addEventListener("phx:pyview:session", ({ detail }) => {
      this.#changes = this.#changes.then(() => this.#changeSession(detail));
    });
    window.addEventListener("phx:pyview:files", ({ detail }) => useViewFiles(`${base}/assets/views`, detail));
    window.addEventListener("phx:pyview:download", ({ detail }) => download(`${base}/download`, detail));
    window.addEventListener("phx:pyview:load", () => this.#load());
    window.addEventListener("phx:pyview:exec", ({ detail }) => runCommands(this, detail));
  }

  channel(topic, params) {
    const open = super.channel.bind(this);
    const pass = (event, payload) => {
      showFailure((payload.response ?? payload).error_id);
      passToDevelopers(this, `${this.#base}/assets`, topic, event, payload);
    };
    return topic.startsWith("lv:") ? watchedChannel(topic, params, open, pass) : open(topic, params);
  }

  // The URL of a link is already resolved. The URL of a JS command is as it was written: resolve it as a link's.
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

  // If the next page's element has another tag, the client creates a new one but puts the old one into the document.
  #useElementOfNextPage() {
    const { el, id } = this.main;
    const shown = document.getElementById(id);
    if (!shown || el.isConnected) return;
    el.replaceChildren(...shown.childNodes);
    shown.replaceWith(el);
  }

  redirect(to, flash, reloadToken) {
    // Wait for the new cookie: the next page would be requested with the old one, which may be revoked.
    if (this.#posting) return this.#posting.then(() => this.unloaded || this.redirect(to, flash, reloadToken));
    const { pathname } = new URL(to, window.location.href);
    if (this.#isOwnDoing(to) && !mayReload(pathname, this.#reloadLimit)) return this.#slowDown(() => this.#loadSlowly());
    if (flash) setFlashCookie(flash);
    // Without `flash`: the official client would set the cookie again, too late for the next page.
    return super.redirect(to, null, reloadToken);
  }

  reloadWithJitter(view, log) {
    // The channel of a failed view joins again by itself, with growing pauses.
    if (developing(view) && !this.hasPendingLink()) return;
    if (!this.#mayReload()) return this.#slowDown(() => this.connect());
    return super.reloadWithJitter(view, log);
  }

  // With `to` the view has ended and the page goes there; without it the view continues.
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
      setTimeout(end); // later, so that waiting redirects run after the one that follows the change
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

  // A redirect after a click is intended by the application. A redirect of a view that never joined, or of an untouched
  // page to itself, may be part of an endless loop.
  #isOwnDoing(to) {
    const neverJoined = !this.main || this.main.joinCount === 0;
    const sameAddress = new URL(to, window.location.href).href === window.location.href;
    return neverJoined || (sameAddress && !wasTouched());
  }

  // Show a message and retry once after a while: a view that could not be mounted is joined again, so that typed values
  // are kept; a page whose join was refused is loaded.
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
