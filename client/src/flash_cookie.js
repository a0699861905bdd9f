// A cookie carries the messages of `put_flash` to the next page. It is set right before that page is requested.

/**
 * Set the cookie, and return once the browser has stored it.
 *
 * Chromium stores a script's cookie asynchronously. On a busy machine it requests the next page first: that page lacks
 * the message, and the page after it shows it. Reading `document.cookie` waits for the store.
 */
export function setFlashCookie(flash) {
  document.cookie = `__phoenix_flash__=${flash}; max-age=60; path=/`;
  return document.cookie;
}
