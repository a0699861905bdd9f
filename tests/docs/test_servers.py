"""All server commands in the documentation, and the demo, limit messages and do not compress them."""

import shlex
from itertools import pairwise

import pytest

from pyview import SecurityConfig
from pyview.environment.websockets import PICOWS_PROTOCOL
from scripts.demo import configuration
from tests.docs.pages import PAGES, Block, blocks

LARGEST = SecurityConfig().max_upload_frame


def commands(name: str) -> list[tuple[Block, list[str]]]:
    """Return all shell commands that start `name`."""
    shells = [block for page in PAGES for block in blocks(page) if block.language in ("shell", "sh", "bash")]
    lines = [
        (block, shlex.split(line, comments=True)) for block in shells for line in block.code.splitlines()
    ]
    return [(block, words) for block, words in lines if name in words]


@pytest.mark.parametrize(
    ("block", "words"), [pytest.param(*found, id=found[0].where) for found in commands("uvicorn")]
)
def test_a_command_limits_messages_and_compresses_none(block: Block, words: list[str]) -> None:
    options = dict(pairwise(words))
    assert options.get("--ws-max-size") == str(LARGEST)
    assert options.get("--ws") == PICOWS_PROTOCOL or options.get("--ws-per-message-deflate") == "false"


def test_uvicorn_commands_are_found() -> None:
    assert len(commands("uvicorn")) >= 3


def test_the_servers_accept_the_largest_message() -> None:
    limits = SecurityConfig()
    assert max(limits.max_frame, limits.max_frame_before_join) <= LARGEST


def test_hypercorn_has_its_configuration_file() -> None:
    [(_, words)] = commands("hypercorn")
    assert words[:3] == ["hypercorn", "--config", "hypercorn.toml"]
    [block] = [
        block for page in PAGES for block in blocks(page) if block.code.startswith("# hypercorn.toml\n")
    ]
    assert block.code.splitlines()[1:] == [f"websocket_max_message_size = {LARGEST}"]


def test_the_demo_limits_messages_and_compresses_none() -> None:
    config = configuration()
    assert (config.ws_max_size, config.ws_per_message_deflate) == (LARGEST, False)
