"""Pages of requests that failed, for developers. A page loads itself again when its failure may be mended."""

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pyview.failures.failure import Failure
from pyview.failures.html import failure_page
from pyview.observability.error_ids import new_error_id
from pyview.template.markup import Pattern

VERSION_PATH: Final = "/live/failure-version"

_POLICY: Final = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self';"
    " frame-ancestors 'self'"
)

# A version that was seen before is that of another worker.
_SCRIPT = Pattern("""\
<script nonce="{nonce}" data-path="{path}" data-version="{version}">
const { path, version } = document.currentScript.dataset;
const seen = new Set(JSON.parse(sessionStorage.getItem(path) || "[]")).add(version);
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(path, { cache: "no-store" }).catch(() => null);
  const now = answer?.ok && await answer.text();
  if (!now || seen.has(now)) return;
  sessionStorage.setItem(path, JSON.stringify([...seen, now].slice(-20)));
  location.reload();
}, 500);
</script>
""")


class FailurePages:
    """Makes the pages of one application. `version()` changes with each start of it, and with each save of a file that
    the last failure has shown."""

    def __init__(self) -> None:
        self._boot = new_error_id()
        self._files: list[str] = []
        self._shown = False

    def response(self, request: Request, error: Exception, error_id: str) -> Response:
        """Return the page of `error`, with status 500."""
        what = f"{request.method} {request.url.path}"
        failure = Failure.from_error(error, what=what, error_id=error_id)
        self._shown = True
        self._files = sorted({frame.file for frame in failure.all_frames})
        nonce = secrets.token_urlsafe(16)
        script = self._script(request, nonce) if request.method == "GET" else None
        headers = {"Content-Security-Policy": _POLICY.replace("{nonce}", nonce)}
        return HTMLResponse(failure_page(failure, nonce=nonce, script=script), 500, headers)

    def version(self) -> str:
        state = sha256(self._boot.encode())
        for file in self._files:
            with suppress(OSError):  # it is gone, or has never been a file
                state.update(f"{file}{os.stat(file).st_mtime_ns}".encode())
        return state.hexdigest()[:16]

    async def show_version(self, request: Request) -> Response:
        """Answer the script of a page. 404 unless a page was shown, which takes an application in debug mode."""
        if not self._shown:
            return PlainTextResponse("Not Found", 404)
        return PlainTextResponse(self.version(), headers={"Cache-Control": "no-store"})

    def _script(self, request: Request, nonce: str) -> Markup:
        path = f"{request.scope.get('root_path', '')}{VERSION_PATH}"
        return _SCRIPT.fill(nonce=nonce, path=path, version=self.version())
