"""Workflows, pre-commit and metadata agree with the Makefile and with pyproject.toml."""

import re
import textwrap
import tomllib
from typing import Any

from pyview.testing import LiveClient
from tests.docs.pages import ROOT
from tests.docs.shell_blocks import make_targets

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI = (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def make_commands() -> list[list[str]]:
    """Return the words after `make` of every command in the workflows."""
    lines = "\n".join(file.read_text() for file in WORKFLOWS).splitlines()
    found = (re.search(r"\brun: make (.+)", line) for line in lines)
    return [match[1].split() for match in found if match]


def test_workflows_call_targets_of_the_makefile() -> None:
    called = {word for words in make_commands() for word in words if "=" not in word}
    assert called <= make_targets(), f"the Makefile has no {called - make_targets()}"
    assert {"lint", "types", "suite", "browser", "wheel"} <= called


def test_the_suite_runs_on_every_supported_python() -> None:
    supported = {name.rpartition(" ")[2] for name in PROJECT["classifiers"] if "Python :: 3." in name}
    matrix = re.search(r"python: \[(.+)\]", CI)
    assert matrix
    assert set(re.findall(r"[\d.]+", matrix[1])) == supported


def test_pre_commit_uses_the_ruff_of_the_project() -> None:
    [pinned] = [line for line in PROJECT["optional-dependencies"]["dev"] if line.startswith("ruff==")]
    version = re.search(r"rev: v([\d.]+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert version
    assert version[1].startswith(pinned.removeprefix("ruff==").removesuffix("*"))


async def test_the_program_of_the_bug_report_runs() -> None:
    report = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug_report.yml").read_text()
    program = textwrap.dedent(
        report.partition("value: |\n        # app.py\n")[2].partition("    validations:")[0]
    )
    names: dict[str, Any] = {"__name__": "app"}
    exec(compile(program, "app.py", "exec"), names)  # noqa: S102
    async with LiveClient(names["app"]) as client:
        page = await client.open("/")
        await page.click("button")
        assert page.find("button").text == "1"
