"""Test live pages without a network: `LiveClient` opens pages, clicks, types, and shows what a browser would show.

Needs the extra `testing` (`pip install pyview-live[testing]`). Everything is async. The application runs in the event
loop of the test, so a test is deterministic: when `await page.click(...)` returns, the click has been handled.
"""

from pyview.lint import Finding
from pyview.testing.alone import assert_no_findings, check_app, opened, rendered
from pyview.testing.child import Child
from pyview.testing.client import LiveClient
from pyview.testing.dom import Element
from pyview.testing.downloads import SavedFile
from pyview.testing.errors import (
    ElementNotFound,
    NoAnswer,
    NotConnected,
    PageError,
    SocketClosed,
    SocketRefused,
    TooManyReloads,
    ViewCrashed,
)
from pyview.testing.files import LocalFile
from pyview.testing.page import Page
from pyview.testing.raw_socket import RawSocket
from pyview.testing.uploads import Chosen
from pyview.wire.merge import ProtocolError

__all__ = [
    "Child",
    "Chosen",
    "Element",
    "ElementNotFound",
    "Finding",
    "LiveClient",
    "LocalFile",
    "NoAnswer",
    "NotConnected",
    "Page",
    "PageError",
    "ProtocolError",
    "RawSocket",
    "SavedFile",
    "SocketClosed",
    "SocketRefused",
    "TooManyReloads",
    "ViewCrashed",
    "assert_no_findings",
    "check_app",
    "opened",
    "rendered",
]
