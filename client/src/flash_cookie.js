// The messages of `put_flash` travel to the next page in a cookie that the client sets right before it goes there.

/**
 * Sets the cookie, and returns when the browser has it.
 *
 * Chromium writes a cookie of a script later than the script sets it, and may ask for the next page before that: a page
 * without its message, which the page after it shows. Reading the cookies waits for what was written.
 */
export function setFlashCookie(flash) {
  document.cookie = `__phoenix_flash__=${flash}; max-age=60; path=/`;
  return document.cookie;
}
