import { LiveSocket as OfficialLiveSocket } from "phoenix_live_view";
import { mayReload, wasTouched } from "./reloads.js";
import { showReloadNotice } from "./notices.js";

const created = new Set();

/** True once any LiveSocket exists on this page, so that the automatic start stands back. */
export const socketExists = () => created.size > 0;

/**
 * The official LiveSocket, which reloads the page when a join is refused as `stale` or `unauthorized`,
 * at once and without limit. This one stops after a few rounds and tells the reader.
 */
export class LiveSocket extends OfficialLiveSocket {
  constructor(...args) {
    super(...args);
    created.add(this);
  }

  redirect(to, flash, reloadToken) {
    const { pathname } = new URL(to, window.location.href);
    if (this.#isOwnDoing(to) && !mayReload(pathname)) return this.#giveUp();
    return super.redirect(to, flash, reloadToken);
  }

  reloadWithJitter(view, log) {
    if (!mayReload(window.location.pathname)) return this.#giveUp();
    return super.reloadWithJitter(view, log);
  }

  // A redirect that follows a click is the application's; one from a view that never joined, or from an
  // untouched page back to itself, is a round of a possible loop.
  #isOwnDoing(to) {
    const neverJoined = !this.main || this.main.joinCount === 0;
    const sameAddress = new URL(to, window.location.href).href === window.location.href;
    return neverJoined || (sameAddress && !wasTouched());
  }

  #giveUp() {
    this.disconnect();
    showReloadNotice();
  }
}
