// How often a page may reload itself before its reader is told instead.

const WINDOW_MS = 30_000;
const LIMIT = 3;

const key = (path) => `pyview:reloads:${path}`;

function recentReloads(path, now) {
  const times = JSON.parse(sessionStorage.getItem(key(path)) || "[]");
  return times.filter((time) => now - time < WINDOW_MS);
}

// Not navigator.userActivation: browsers carry that over to the next page of the same site.
let touched = false;
for (const type of ["pointerdown", "keydown"]) {
  window.addEventListener(type, ({ isTrusted }) => (touched ||= isTrusted), { capture: true });
}

/** True once the reader has pressed something since this page was loaded. */
export const wasTouched = () => touched;

/** Counts one reload of `path`; false when it already reloaded three times in the last 30 seconds. */
export function mayReload(path) {
  const now = Date.now();
  const recent = recentReloads(path, now);
  if (recent.length >= LIMIT) return false;
  sessionStorage.setItem(key(path), JSON.stringify([...recent, now]));
  return true;
}
