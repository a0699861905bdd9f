"""Merge and render with the official client in Node, for comparison."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts import node
from scripts.stamps import ROOT

SOURCE = ROOT / "client/node_modules/phoenix_live_view/assets/js/phoenix_live_view/rendered.js"
ESBUILD = ROOT / "client/node_modules/esbuild/bin/esbuild"
RUNNER = Path(__file__).with_name("rendered.mjs")


class JavaScriptClient:
    """A Node process that merges and renders sequences of messages with the pinned npm package."""

    def __init__(self, bundle: Path) -> None:
        folder = node.find_node()
        if folder is None:
            raise node.NodeMissingError
        self._process = subprocess.Popen(
            [str(folder / "node"), str(RUNNER), str(bundle)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, messages: list[Any]) -> list[dict[str, str]]:
        """Return the client's result for each message, without its own attributes.

        `html` is the whole page. `patch` is what the client renders to patch the page, with empty elements for
        untouched ones. `error` is the text of an exception.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(messages) + "\n")
        process.stdin.flush()
        answers: list[dict[str, str]] = json.loads(process.stdout.readline())
        return answers

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def start(folder: Path) -> JavaScriptClient:
    """Bundle the client's source and start it. Without Node or npm's packages the test is skipped, in CI it fails."""
    if not (SOURCE.exists() and ESBUILD.exists() and node.find_node()):
        if os.environ.get("CI"):
            pytest.fail(
                "Node.js and client/node_modules are needed to compare with the real client: make setup"
            )
        pytest.skip("no Node.js or no client/node_modules: not compared with the real client")
    bundle = folder / "rendered.bundle.mjs"
    options = ("--bundle", "--format=esm", "--platform=node", "--log-level=warning", f"--outfile={bundle}")
    node.run("node", str(ESBUILD), str(SOURCE), *options, cwd=ROOT)
    return JavaScriptClient(bundle)
