"""`pyview run`: serve an application in production mode."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any, Final

from pyview.cli.application import add_application, loaded, located
from pyview.cli.check import check
from pyview.cli.errors import CommandError
from pyview.environment.workers import configured_workers
from pyview.serving.production import (
    Examined,
    NamedApplication,
    examined,
    examined_apart,
    serve_alone,
    serve_workers,
)
from pyview.serving.server import live_apps
from pyview.serving.sockets import CannotListen, listening_socket, unix_socket, url

_PORT: Final = 8000
_LEVELS: Final = ("critical", "error", "warning", "info", "debug")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_application(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=_PORT, help=f"the port (default: {_PORT})")
    parser.add_argument(
        "--unix-socket", metavar="PATH", help="listen at a path instead, for a proxy of this host"
    )
    parser.add_argument(
        "--workers", type=_number_of_workers, metavar="N", help="processes (default: WEB_CONCURRENCY, or 1)"
    )
    parser.add_argument(
        "--forwarded-allow-ips",
        metavar="IPS",
        help="proxies whose headers are trusted, with commas between them; '*' trusts every client "
        "(default: FORWARDED_ALLOW_IPS, or 127.0.0.1)",
    )
    parser.add_argument(
        "--root-path", default="", metavar="PREFIX", help="a prefix that the proxy removes: /shop"
    )
    parser.add_argument("--log-level", choices=_LEVELS, default="info", help="(default: info)")
    parser.add_argument("--no-access-log", action="store_true", help="do not log requests")
    parser.add_argument(
        "--ping-interval", type=float, default=20.0, metavar="SECONDS", help="of WebSockets (default: 20)"
    )


def run(options: Namespace) -> int:
    """Serve until a signal. Return 0, or 1 if the application does not start."""
    os.environ["PYVIEW_ENV"] = "production"  # before the import, because the application's code may read it
    application = NamedApplication(located(options), str(Path.cwd()), options.factory)
    workers = options.workers or configured_workers(os.environ, ()).workers
    app = loaded(options) if workers == 1 else None
    found = examined(app, refusals) if workers == 1 else examined_apart(application, refusals)
    if found.refusals:
        _refuse(found)
        return 1
    listening = _listening(options)
    try:
        if workers == 1:
            return serve_alone(app, found, listening, _server_options(options))
        return serve_workers(application, workers, found, listening, _server_options(options))
    finally:
        listening.close()
        if options.unix_socket:
            Path(options.unix_socket).unlink(missing_ok=True)


def refusals(app: Any) -> list[str]:
    """Return the reasons why an application does not start in production mode."""
    if not any(live_apps(app)):
        return []  # an application around it may hide it; it checks itself when it starts
    return [f"{finding.severity.value}: {finding.text}" for finding in check(app, production=True).refusals]


def _refuse(found: Examined) -> None:
    count = len(found.refusals)
    lines = [*found.refusals, f"The application does not start in production mode: {count} to mend."]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _listening(options: Namespace) -> Any:
    try:
        listening = (
            unix_socket(options.unix_socket)
            if options.unix_socket
            else listening_socket(options.host, options.port, _PORT)
        )
    except CannotListen as error:
        raise CommandError(str(error)) from None
    where = options.unix_socket or url(listening, options.host)
    sys.stdout.write(f"{options.app or 'The application'} is served at {where}\n")
    sys.stdout.flush()
    return listening


def _server_options(options: Namespace) -> dict[str, Any]:
    return {
        "forwarded_allow_ips": options.forwarded_allow_ips,
        "root_path": options.root_path,
        "log_level": options.log_level,
        "access_log": not options.no_access_log,
        "ws_ping_interval": options.ping_interval or None,
    }


def _number_of_workers(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)
