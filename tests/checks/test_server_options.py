"""The warning for missing options of the server, if its command line is known."""

import logging
import sys

import pytest

from pyview import PyView, SecurityConfig
from pyview.checks.server import advice, missing_options, uvicorn_options
from pyview.environment.websockets import PICOWS_PROTOCOL
from pyview.testing import LiveClient

LIMITS = SecurityConfig()
OPTIONS = ["--ws-max-size", "1048576", "--ws-per-message-deflate", "false"]
SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="


@pytest.mark.parametrize(
    ("argv", "environ", "missing"),
    [
        (["/usr/bin/uvicorn", "shop:app"], {}, True),
        (["/x/site-packages/uvicorn/__main__.py", "shop:app"], {}, True),
        (["uvicorn.exe", "shop:app"], {}, True),
        (["uvicorn", "shop:app", *OPTIONS], {}, False),
        (["uvicorn", "shop:app", "--ws-max-size=2000000", "--ws-per-message-deflate=False"], {}, False),
        (["uvicorn", "shop:app", *OPTIONS[:2]], {}, True),
        (["uvicorn", "shop:app", *OPTIONS[:2], "--ws", PICOWS_PROTOCOL], {}, False),
        (["uvicorn", "shop:app", *OPTIONS[:2]], {"UVICORN_WS": PICOWS_PROTOCOL}, False),
        (["uvicorn", "shop:app", "--ws", PICOWS_PROTOCOL], {}, True),
        (["uvicorn", "shop:app", *OPTIONS[2:]], {}, True),
        (["uvicorn", "shop:app", "--ws-max-size", "16777216", *OPTIONS[2:]], {}, True),
        (["uvicorn", "shop:app", *OPTIONS[:2], "--ws-per-message-deflate", "true"], {}, True),
        (
            ["uvicorn", "shop:app"],
            {"UVICORN_WS_MAX_SIZE": "1048576", "UVICORN_WS_PER_MESSAGE_DEFLATE": "false"},
            False,
        ),
        (["granian", "shop:app"], {}, False),
        (["pytest"], {}, False),
        (["serve_uvicorn_for_us.py"], {}, False),
        ([], {}, False),
    ],
)
def test_options_are_read_from_the_command_line(
    argv: list[str], environ: dict[str, str], *, missing: bool
) -> None:
    message = missing_options(argv, environ, LIMITS)
    assert (message is not None) is missing
    if message is not None:
        assert uvicorn_options(LIMITS) in message


def test_the_size_is_that_of_the_largest_message() -> None:
    assert "--ws-max-size 4194304. " in advice(SecurityConfig(max_upload_frame=4 * 1024**2))
    assert "--ws-max-size 8388608. " in advice(SecurityConfig(max_frame=8 * 1024**2))


@pytest.mark.parametrize("production", [False, True])
@pytest.mark.parametrize("options", [[], OPTIONS])
async def test_production_mode_logs_missing_options_at_start(
    options: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, production: bool
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/uvicorn", "shop:app", *options])
    security = SecurityConfig(allowed_hosts=["testserver"])
    async with LiveClient(PyView(production=production, secret=SECRET, security=security)):
        pass
    records = [record for record in caplog.records if "--ws-max-size" in record.getMessage()]
    assert [record.levelno for record in records] == ([logging.WARNING] if production and not options else [])
