// How often a page may reload itself before its reader is told, and it tries slowly.

const FEW = 3; // the client's own `maxReloads`, ten, takes a reader's patience for granted
const WINDOW_MS = 10_000; // for each reload that is allowed

/** What LiveSocket's option `maxReloads` says, or our own limit. */
export const reloadLimit = ({ maxReloads }) => maxReloads || FEW;

const key = (path) => `pyview:reloads:${path}`;

function recentReloads(path, limit, now) {
  const times = JSON.parse(sessionStorage.getItem(key(path)) || "[]");
  return times.filter((time) => now - time < limit * WINDOW_MS);
}

const remember = (path, times) => sessionStorage.setItem(key(path), JSON.stringify(times));

// Not navigator.userActivation: browsers carry that over to the next page of the same site.
let touched = false;
for (const type of ["pointerdown", "keydown"]) {
  window.addEventListener(type, ({ isTrusted }) => (touched ||= isTrusted), { capture: true });
}

/** True once the reader has pressed something since this page was loaded. */
export const wasTouched = () => touched;

/** Counts one reload of `path`; false when it already reloaded `limit` times of late: three in 30 seconds. */
export function mayReload(path, limit) {
  const now = Date.now();
  const recent = recentReloads(path, limit, now);
  if (recent.length >= limit) return false;
  remember(path, [...recent, now]);
  return true;
}

/** A slow attempt begins: if it fails, no quick reloads follow. */
export const useUpReloads = (path, limit) => remember(path, Array(limit).fill(Date.now()));

/** Whether the page could be loaded: what the browser shows instead of it would try no more. */
export async function pageAnswers() {
  try {
    const { type, status } = await fetch(window.location.href, { method: "HEAD", redirect: "manual" });
    return type === "opaqueredirect" || status < 500;
  } catch {
    return false;
  }
}
