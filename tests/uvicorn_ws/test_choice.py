"""The choice of the protocol where picows is missing, or another version of it is installed."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys, types
sys.modules["picows"] = {picows}
from pyview.uvicorn_ws import websocket_protocol
print(websocket_protocol())
from pyview.uvicorn_ws import PicowsProtocol
"""


@pytest.mark.parametrize("picows", ["None", "types.ModuleType('picows')"], ids=["missing", "another version"])
def test_without_its_picows_uvicorn_takes_its_own(picows: str) -> None:
    command = [sys.executable, "-c", SCRIPT.format(picows=picows)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "auto\n"
    assert "PicowsProtocol needs uvicorn and picows 2.3" in ended.stderr.splitlines()[-1]
    assert "pip install 'pyview-live[standard]'" in ended.stderr
