"""`pyview dev`: serve the application of a folder, and follow every save."""

import gc
import os
import webbrowser
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from pyview.cli.application import add_application, located
from pyview.cli.errors import CommandError
from pyview.serving.messages import StartApplication
from pyview.serving.project import CannotKeepState, development_environment
from pyview.serving.saved_files import saved_files
from pyview.serving.sockets import CannotListen, listening_socket, url
from pyview.serving.supervisor import Supervisor
from pyview.serving.terminal import Terminal
from pyview.serving.watching import FileWatcher

_PORT: Final = 8000


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_application(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help=f"the port (default: {_PORT}, or the next one that is free)")
    parser.add_argument("--no-reload", action="store_true", help="do not follow saved files")
    parser.add_argument(
        "--watch", action="append", default=[], metavar="FOLDER", help="follow another folder, too"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")


def run(options: Namespace) -> int:
    """Serve until Ctrl+C. Return the exit code."""
    target = located(options)
    folder = Path.cwd()
    watched = [folder, *_watched(options.watch)]
    try:
        environment = development_environment(folder, os.environ)
        listening = listening_socket(options.host, options.port, _PORT)
    except (CannotListen, CannotKeepState) as error:
        raise CommandError(str(error)) from None
    os.environ.update(environment)  # the serving processes inherit it
    terminal = Terminal()
    address = url(listening, options.host)
    # For links in mails, which no request may choose.
    os.environ.setdefault("PUBLIC_URL", address.rstrip("/"))

    def announce(seconds: float) -> None:
        terminal.plain(f"\n  {target} at {address}   (started in {seconds:.1f} s; Ctrl+C stops)\n", "bold")
        if options.open:
            webbrowser.open(address)

    application = StartApplication(target, str(folder), options.factory)
    supervisor = Supervisor(application, listening, terminal, announce, spare=not options.no_reload)
    if options.port is None and listening.getsockname()[1] != _PORT:
        terminal.plain(f"Port {_PORT} is taken: this server uses the next one that is free.")
    watcher = FileWatcher(watched, lambda paths: supervisor.files_saved(saved_files(paths)))
    if not options.no_reload:
        watcher.start()
    gc.freeze()  # the end of the interpreter would look through all modules for garbage
    try:
        return supervisor.run()
    finally:
        watcher.stop()
        listening.close()


def _watched(names: list[str]) -> list[Path]:
    folders = [Path(name) for name in names]
    for folder in folders:
        if not folder.is_dir():
            raise CommandError(f"--watch {folder}: there is no such folder")
    return folders
