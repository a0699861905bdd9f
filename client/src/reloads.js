// Limits how often a page may reload itself before it shows a message and retries slowly.

const DEFAULT_LIMIT = 3; // the client's own default of ten takes too long for a user
const WINDOW_MS = 10_000; // for each allowed reload

/** Returns the LiveSocket option `maxReloads`, or PyView's default. */
export const reloadLimit = ({ maxReloads }) => maxReloads || DEFAULT_LIMIT;

const key = (path) => `pyview:reloads:${path}`;

function recentReloads(path, limit, now) {
  const times = JSON.parse(sessionStorage.getItem(key(path)) || "[]");
  return times.filter((time) => now - time < limit * WINDOW_MS);
}

const remember = (path, times) => sessionStorage.setItem(key(path), JSON.stringify(times));

// Not navigator.userActivation, because browsers keep that for the next page of the same site.
let touched = false;
for (const type of ["pointerdown", "keydown"]) {
  window.addEventListener(type, ({ isTrusted }) => (touched ||= isTrusted), { capture: true });
}

/** Returns true if the user has clicked or pressed a key since this page was loaded. */
export const wasTouched = () => touched;

/** Counts a reload of `path`. Returns false if there were already `limit` recently: by default three in 30 seconds. */
export function mayReload(path, limit) {
  const now = Date.now();
  const recent = recentReloads(path, limit, now);
  if (recent.length >= limit) return false;
  remember(path, [...recent, now]);
  return true;
}

/** Uses up all reloads, so that no quick reloads follow if a slow attempt fails. */
export const useUpReloads = (path, limit) => remember(path, Array(limit).fill(Date.now()));

/** Returns true if the page can be loaded. Otherwise the browser's error page would replace it and not retry. */
export async function pageAnswers() {
  try {
    const { type, status } = await fetch(window.location.href, { method: "HEAD", redirect: "manual" });
    return type === "opaqueredirect" || status < 500;
  } catch {
    return false;
  }
}
