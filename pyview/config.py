"""Limits, timeouts and origin rules of an application: `PyView(security=SecurityConfig(...))`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

_DRAIN_IN_DEVELOPMENT: Final = 2.0
"""Seconds of `drain_timeout`; a handler has most of it."""

_KEPT_IN_DEVELOPMENT: Final = 16 * 1024 * 1024
"""Bytes of `max_kept_bytes`."""


@dataclass(frozen=True, slots=True)
class SecurityConfig:
    """Limits on what browsers may do to the server, and rules about hosts, origins and cookies.

    Sizes are bytes, times are seconds. 0 disables a socket limit or the rate limit; `math.inf` disables a timeout.

    **Hosts and origins.** `allowed_hosts` and `allowed_origins` hold `host` or `host:port`; `*.example.org` matches
    subdomains. Without `allowed_hosts` every `Host` is served, which production mode refuses. An allowed host without a
    port is that host on every port. An allowed origin without a port is that host on the default port of the scheme. An
    origin may also be complete: `https://app.example.org`. `require_origin` refuses sockets without an `Origin` header,
    which browsers always send. `cross_site_paths` are the paths that other sites may send forms to, for webhooks and
    sign-in services that answer with a POST: `/webhooks/*`, where `*` matches any text, slashes included.

    **Pages.** `content_security_policy` is the policy of every page that sets no other. `{nonce}` in it is replaced by
    a new nonce for each page, which everything that PyView puts into `<head>` carries. `allow_insecure_cookies` allows
    a session cookie without TLS in production mode. `connect_headers` are the names of the headers that views may read
    as `socket.connect_info.headers`.

    **Identity.** An event of a guarded view is handled with an identity that was looked up at most `auth_recheck`
    seconds ago. Every connection of such views is rechecked each `auth_interval` seconds. While a store does
    not answer, a user whom it has confirmed within the last `identity_grace` seconds stays signed in at this worker.
    `session_change_max_age` is the time that a page has to make a change of its session.

    **Connections.** A page has to join within `join_timeout`. `idle_timeout` is a little more than a minute: the
    client's heartbeat comes every 30 s, but browsers run the timers of a hidden tab once a minute only. A connection
    is closed after `socket_max_age`, and the client opens another one. `poll_window` is the time that a long poll waits
    for messages.

    **Stopping.** When the server stops, the worker reports that it is not ready, goes on for `drain_delay`, then
    refuses new connections and closes the open ones, `drain_rate` of them each second, or more if half of
    `drain_timeout` is not enough. All of that, without the delay, takes `drain_timeout` at most.

    **Frames.** `rate` is frames per second for each socket, and `burst` is how many may come at once. A socket that
    exceeds the rate for `flood_timeout` is closed. `max_frame` is the size of one frame, `max_frame_before_join` before
    the first join, and `max_upload_frame` that of a frame with a part of a file. `max_unhandled_bytes` is the size of
    all frames of one socket that wait for its views or are being handled; beyond it, nothing is read from the socket.
    `max_topics` is the number of views that one socket carries.

    **Sending.** `max_queued_frames` and `max_queued_bytes` limit what waits for a slow browser; a browser that has not
    read for `stall_timeout` is disconnected.

    **Views.** `max_components` is the number of live components in one view. `max_mailbox` is the number of
    messages of the browser that wait for one view, and `max_internal_messages` that of messages of the application,
    such as broadcasts; `max_internal_bytes` is the approximate size of these. `max_async_work` is the number of
    background tasks of one view. A handler may go on for `handler_grace` seconds after its browser has gone, or for
    most of `drain_timeout` when the server stops. There may be `max_unfinished_handlers` such handlers; those
    beyond that number, or beyond the number for one address, have half a second.

    **Uploads.** `max_uploads` is the number of files that one socket may send at once. `max_upload_bytes` is the size
    of all of them together, including those that have arrived and are not consumed. External uploads do not count.
    `max_upload_entries` is the number of chosen files that one input lists.

    **Downloads.** A file that a view offers waits for its browser for `download_max_age` seconds.
    `max_pending_downloads` is the number of files of one view that wait, and `max_pending_download_bytes` the size of
    all contents that wait in the memory of one worker. Beyond them, the oldest is dropped.

    **Kept states.** The state of a view with `keep` is stored for `keep_seconds`, and with `Keep(hours=)` for
    `max_keep_seconds` at most. `max_kept_bytes` is the size of one view's state, `max_kept_bytes_in_all` that of all
    views of a worker. Without a store that outlives the worker, a browser carries states of up to `max_kept_token`
    bytes, encrypted; 0: of none.

    **Reconnecting.** `reconnect_grace` is how long a view waits for its page after a lost connection; with 0 it does
    not wait. The limits of waiting views are counts: for the application, for one session and for one address.
    `max_waiting_bytes` is the approximate size of all of them. `presence_handover` is how long an entry of presence
    waits for its page to come back at another worker.

    **First pages.** The view of an HTTP response is kept for `first_view_grace` seconds, so that its page can go on
    with it; with 0 every join mounts a new view. `max_first_views` is their number in one worker, and
    `max_first_view_bytes` their approximate size. Beyond them, the oldest is dropped.

    Raises `ValueError` for a limit or time that is negative or no number.
    """

    allowed_hosts: Sequence[str] = ()
    allowed_origins: Sequence[str] = ()
    require_origin: bool = False
    connect_headers: Sequence[str] = ()
    cross_site_paths: Sequence[str] = ()
    allow_insecure_cookies: bool = False
    content_security_policy: str | None = None
    auth_recheck: float = 1.0
    auth_interval: float = 60.0
    identity_grace: float = 15.0
    page_token_max_age: int = 24 * 3600
    # As in Phoenix LiveView: the next page follows at once.
    flash_token_max_age: int = 60
    session_change_max_age: int = 30
    upload_token_max_age: int = 60
    join_timeout: float = 10.0
    idle_timeout: float = 65.0
    socket_max_age: float = 24 * 3600.0
    drain_timeout: float = 10.0
    drain_delay: float = 0.0
    # A worker joins about a thousand pages a second. More at once would wait for each other, and for clicks.
    drain_rate: float = 500.0
    # Less than the 20 s after which phoenix.js gives up a poll (`longpollerTimeout`).
    poll_window: float = 10.0
    # A handler that is cancelled half way leaves half of its work, such as a payment without its booking.
    handler_grace: float = 60.0
    max_unfinished_handlers: int = 1000
    max_unfinished_handlers_per_address: int = 100
    reconnect_grace: float = 30.0
    max_waiting_views: int = 10_000
    max_waiting_views_per_session: int = 64
    max_waiting_views_per_address: int = 1000
    max_waiting_bytes: int = 256 * 1024 * 1024
    # As long as a browser may need to reconnect, with the growing pauses of the client.
    keep_seconds: float = 300.0
    max_keep_seconds: float = 24 * 3600.0
    max_kept_bytes: int = 64 * 1024
    max_kept_bytes_in_all: int = 64 * 1024 * 1024
    # A join has to fit into `max_frame_before_join`, with the tokens of the page.
    max_kept_token: int = 8 * 1024
    presence_handover: float = 10.0
    first_view_grace: float = 5.0
    max_first_views: int = 1000
    max_first_view_bytes: int = 64 * 1024 * 1024
    max_sockets_per_session: int = 64
    # Off by default: in an office, or behind a proxy that is not trusted, many browsers share one address.
    max_sockets_per_address: int = 0
    rate: float = 500.0
    burst: int = 1000
    flood_timeout: float = 5.0
    max_frame_before_join: int = 64 * 1024
    max_frame: int = 256 * 1024
    max_upload_frame: int = 1024 * 1024
    # Parsed payloads take up to 24 times the memory of their JSON, so one socket costs about 30 MB at most.
    max_unhandled_bytes: int = 1024 * 1024
    max_json_depth: int = 64
    max_form_fields: int = 1000
    max_url_length: int = 8 * 1024
    # Nested views of a page share its socket, so this also limits the views of one page.
    max_topics: int = 32
    max_components: int = 10_000
    max_mailbox: int = 1024
    # Far above `max_mailbox`: a burst of broadcasts must close no page. It stops a view that never goes on.
    max_internal_messages: int = 100_000
    max_internal_bytes: int = 64 * 1024 * 1024
    max_async_work: int = 256
    max_uploads: int = 100
    max_upload_bytes: int = 4 * 1024**3
    max_upload_entries: int = 1000
    download_max_age: float = 60.0
    max_pending_downloads: int = 16
    max_pending_download_bytes: int = 64 * 1024 * 1024
    max_queued_frames: int = 64
    max_queued_bytes: int = 4 * 1024 * 1024
    stall_timeout: float = 20.0

    def for_development(self) -> "SecurityConfig":
        """Return the limits of an application in development: it stops soon, and its views may keep more.

        A developer waits for the stop after each saved file, and has not chosen what is kept.
        """
        most = max(self.max_kept_bytes, _KEPT_IN_DEVELOPMENT)
        return replace(
            self,
            drain_delay=0.0,
            drain_timeout=min(self.drain_timeout, _DRAIN_IN_DEVELOPMENT),
            max_kept_bytes=most,
            max_kept_bytes_in_all=max(self.max_kept_bytes_in_all, 16 * most),
        )

    def __post_init__(self) -> None:
        wrong = [
            each.name for each in fields(self) if _is_amount(each.default) and not self._holds(each.name)
        ]
        if wrong:
            got = ", ".join(f"{name}={getattr(self, name)!r}" for name in wrong)
            raise ValueError(
                f"SecurityConfig({got}): expected a number, 0 or more; times are seconds, sizes are bytes"
            )

    def _holds(self, name: str) -> bool:
        value = getattr(self, name)
        # NaN is not greater than anything.
        return _is_amount(value) and value >= 0


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
