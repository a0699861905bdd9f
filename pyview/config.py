"""Every limit of the transport in one frozen dataclass: `PyView(security=SecurityConfig(...))`."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecurityConfig:
    """What one browser may do to the server. Sizes are bytes, times are seconds.

    `allowed_hosts` and `allowed_origins` hold `host` or `host:port`, `*.example.org` matches subdomains; no
    `allowed_hosts` means any `Host` is served, which production mode refuses. An allowed host without a port
    is that host on every port; an allowed origin without a port is that host on its scheme's own port. An
    origin may also be written whole, `https://app.example.org`. `allow_insecure_cookies` acknowledges a
    session cookie that travels without TLS in production mode. `cross_site_paths` are the paths to which other
    sites may send forms, for webhooks and sign-in services that answer with a POST: `/webhooks/*`, where `*` stands
    for anything, slashes too.

    `content_security_policy` is that of every page that sets no other; `{nonce}` in it stands for a new nonce per page,
    which all that PyView puts into the head carries.

    `idle_timeout` is a little more than a minute: the client's heartbeat comes every 30 s, but browsers let the
    timers of a hidden tab run once a minute only. `rate` is frames per second, each socket its own, `burst` how many
    may come at once. `max_components` is how many live components one view may have. `session_change_max_age` is how
    long a page may take to have its session changed. A limit of sockets, or a `rate`, of 0 is none; a time of
    `math.inf` never comes.

    `max_frame` is the size of one message, `max_upload_frame` of one that brings a part of a file.
    `max_unhandled_bytes` is how much of what one socket has brought may wait for its views, or be handled by them;
    beyond it, nothing more is read from the socket until they have handled some of it.

    `max_uploads` is how many files one socket may be sending at once, `max_upload_bytes` how large all of them may be
    together, those counted that have arrived and are not consumed. External uploads count as neither.
    `max_upload_entries` is how many chosen files one input lists.

    `handler_grace` is how long a handler that is under way may go on when its reader has gone; when the server stops,
    it has most of `drain_timeout`. There may be `max_unfinished_handlers` such handlers; what is beyond that, or beyond
    the number for one address, has half a second.

    `max_mailbox` counts messages of the browser that wait for one view, `max_internal_messages` those of the
    application, such as broadcasts.

    `connect_headers` are the names of the headers that views may read as `socket.connect_info.headers`.

    `poll_window` is how long a long poll waits for news, where no WebSocket gets through.

    `reconnect_grace` is how long a view waits for its page whose connection broke off; 0 lets none wait. The limits of
    waiting views are counts, for all of the application, for one session and for one address; `max_waiting_bytes` is
    the approximate size of what all of them hold.
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
    page_token_max_age: int = 24 * 3600
    flash_token_max_age: int = 60
    session_change_max_age: int = 30
    upload_token_max_age: int = 60
    join_timeout: float = 10.0
    idle_timeout: float = 65.0
    socket_max_age: float = 24 * 3600.0
    drain_timeout: float = 10.0
    poll_window: float = 10.0
    handler_grace: float = 60.0
    max_unfinished_handlers: int = 1000
    max_unfinished_handlers_per_address: int = 100
    reconnect_grace: float = 30.0
    max_waiting_views: int = 10_000
    max_waiting_views_per_session: int = 64
    max_waiting_views_per_address: int = 1000
    max_waiting_bytes: int = 256 * 1024 * 1024
    max_sockets_per_session: int = 64
    max_sockets_per_address: int = 0
    rate: float = 500.0
    burst: int = 1000
    flood_timeout: float = 5.0
    max_frame_before_join: int = 64 * 1024
    max_frame: int = 256 * 1024
    max_upload_frame: int = 1024 * 1024
    max_unhandled_bytes: int = 1024 * 1024
    max_json_depth: int = 64
    max_form_fields: int = 1000
    max_url_length: int = 8 * 1024
    max_topics: int = 32
    max_components: int = 10_000
    max_mailbox: int = 1024
    max_internal_messages: int = 100_000
    max_async_work: int = 256
    max_uploads: int = 100
    max_upload_bytes: int = 4 * 1024**3
    max_upload_entries: int = 1000
    max_queued_frames: int = 64
    max_queued_bytes: int = 4 * 1024 * 1024
    stall_timeout: float = 20.0
