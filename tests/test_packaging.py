"""Tests of the wheel: content, metadata, and the pinned and attributed client."""

import json
import re
import subprocess
import sys
import tomllib
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOTICES = (ROOT / "THIRD_PARTY_NOTICES.md").read_text()
BUNDLED = json.loads((ROOT / "client" / "package.json").read_text())["dependencies"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return ZipFile(next(folder.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_carries_the_client_in_every_encoding(wheel: ZipFile) -> None:
    manifest = json.loads(wheel.read("pyview/static/manifest.json"))
    hashed = [name for name, entry in manifest["files"].items() if entry["immutable"]]
    expected = {f"pyview/static/{name}{suffix}" for name in hashed for suffix in ("", ".br", ".gz")}
    assert len(hashed) == 7
    assert expected | {"pyview/static/pyview.js", "pyview/static/assets/app.js"} <= set(wheel.namelist())
    assert "\nsearch\t<" in wheel.read("pyview/static/icons.txt").decode()
    assert manifest["liveview_version"] == BUNDLED["phoenix_live_view"]


def test_the_wheel_is_typed_and_contains_only_the_package(wheel: ZipFile) -> None:
    assert "pyview/py.typed" in wheel.namelist()
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pyview"}
    assert not [name for name in wheel.namelist() if "__pycache__" in name or "node_modules" in name]


def test_every_module_of_the_tree_is_in_the_wheel(wheel: ZipFile) -> None:
    files = [path for suffix in ("py", "html") for path in (ROOT / "pyview").rglob(f"*.{suffix}")]
    assert {path.relative_to(ROOT).as_posix() for path in files} <= set(wheel.namelist())


def test_the_command_is_installed_with_it(wheel: ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
    assert "pyview = pyview.cli.main:main" in wheel.read(name).decode()


def test_the_wheel_contains_licence_and_notices(wheel: ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE", "THIRD_PARTY_NOTICES.md"]
    carried = [name for name in wheel.namelist() if "/licenses/" in name]
    assert {Path(name).name for name in carried} == {"LICENSE", "THIRD_PARTY_NOTICES.md"}


def test_the_metadata_has_name_python_version_and_dependencies(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Requires-Python"]) == ("pyview-live", ">=3.11")
    required = [line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line]
    plain = {re.split(r"[^\w-]", line)[0] for line in required}
    assert plain == {
        "starlette",
        "jinja2",
        "markupsafe",
        "itsdangerous",
        "cryptography",
        "python-multipart",
        "orjson",
        "pydantic",
    }
    assert {"standard", "testing"} <= set(metadata.get_all("Provides-Extra") or [])


@pytest.mark.parametrize("package", sorted(BUNDLED))
def test_bundled_packages_are_attributed_with_their_licence(package: str) -> None:
    licence = ROOT / "client" / "node_modules" / package / "LICENSE.md"
    words = licence.read_text().removeprefix("# ").split()
    assert " ".join(words) in " ".join(NOTICES.split())


def test_morphdom_is_attributed() -> None:
    assert "Patrick Steele-Idem" in NOTICES


def test_npm_packages_are_pinned_with_hashes() -> None:
    lock = json.loads((ROOT / "client" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert {name: packages[f"node_modules/{name}"]["version"] for name in BUNDLED} == BUNDLED


def test_the_changelog_has_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {PROJECT['version']}" in changelog
