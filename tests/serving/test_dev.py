"""`pyview dev`: the real command, its processes and what it prints."""

import socket
import stat
import time
from pathlib import Path

import httpx
import psutil
import pytest

from pyview.cli.main import main
from tests.serving.command import COUNTER, WITHIN, Command, gone, running

pytestmark = pytest.mark.slow

BROKEN = {
    "an exit": ("raise SystemExit('no settings')", "SystemExit: no settings"),
    "a crash of the process": (
        "import os; os._exit(7)",
        "ended with exit code 7 while the application started",
    ),
    "a lifespan that fails": (
        "import contextlib\n@contextlib.asynccontextmanager\nasync def broken(app):\n    raise OSError('no database')\n"
        "    yield\napp = PyView(lifespan=broken)",
        "OSError: no database",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(COUNTER)
    return tmp_path


def get(command: Command, **headers: str) -> httpx.Response:
    return httpx.get(f"{command.url}/", headers=headers, timeout=WITHIN)


def test_each_save_is_served_and_a_broken_one_leaves_the_last_version(folder: Path) -> None:
    with running(folder, "dev", "--port", "0") as command:
        assert "one 0" in get(command).text
        assert get(command, host="attacker.example").status_code == 400
        assert stat.S_IMODE((folder / ".pyview").stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / ".pyview" / "secret").stat().st_mode) == 0o600
        assert (folder / ".pyview" / ".gitignore").read_text() == "*\n"
        for kind, (source, error) in BROKEN.items():
            saved = command.write("app.py", f"{COUNTER}\n{source}\n")
            command.printed(f"{error}(.|\n)*next save", saved)
            assert "one 0" in get(command).text, kind
        assert "Traceback" not in command.output
        saved = command.write("app.py", COUNTER.replace("<p>one", "<p>two"))
        command.printed(r"\d\d:\d\d:\d\d  app.py changed: restarted in \d+\.\d s\n", saved)
        assert "two 0" in get(command).text
        command.interrupt()
        assert command.ended() == 0
    assert "Traceback" not in command.output
    assert "KeyboardInterrupt" not in command.output


def test_an_application_that_does_not_start_shows_why_until_it_is_mended(folder: Path) -> None:
    (folder / "app.py").write_text(f"{COUNTER}\nnothing_of_that_name\n")
    with running(folder, "dev", "--port", "0") as command:
        command.printed("Waiting for the next save")
        failed = get(command, accept="text/html")
        assert failed.status_code == 500
        assert "NameError: name &#39;nothing_of_that_name&#39; is not defined" in failed.text
        assert "location.reload()" in failed.text
        # A page of another site, whose name has the address of this host.
        other = get(command, host="attacker.example")
        assert (other.status_code, "nothing_of_that_name" in other.text) == (500, False)
        saved = command.write("app.py", f"{COUNTER}\nanother_name\n")
        command.printed("another_name(.|\n)*Waiting", saved)
        # The process that shows the former failure answers until the new one has taken its port.
        end = time.monotonic() + WITHIN
        while get(command).headers["x-pyview-failure"] == failed.headers["x-pyview-failure"]:
            assert time.monotonic() < end
        saved = command.write("app.py", COUNTER)
        command.printed("restarted in", saved)
        assert "one 0" in get(command).text


def test_a_start_that_hangs_is_replaced_by_the_next_save(folder: Path) -> None:
    with running(folder, "dev", "--port", "0") as command:
        get(command)
        command.write("app.py", f"{COUNTER}\ntime.sleep(1000)\n")
        # Two saves at once: only the last one is served.
        saved = command.write("app.py", f"{COUNTER}\ntime.sleep(999)\n")
        saved = command.write("app.py", COUNTER.replace("<p>one", "<p>two"))
        command.printed("app.py changed: restarted", saved)
        assert "two 0" in get(command).text
        command.write("app.py", f"{COUNTER}\ntime.sleep(1000)\n")
        command.interrupt()
        assert command.ended() == 0
    assert "Traceback" not in command.output


def test_a_process_that_is_killed_is_replaced(folder: Path) -> None:
    watched = f"{COUNTER}\nimport os\nprint('served by', os.getpid())\n"
    (folder / "app.py").write_text(watched)
    with running(folder, "dev", "--port", "0") as command:
        get(command)
        first = int(command.printed(r"served by (\d+)")[1])
        psutil.Process(first).kill()
        ended = command.printed("the application was ended by SIGKILL; (starting it again|waiting)")
        if ended[1] == "waiting":
            command.write("app.py", f"{watched}\n")
        second = int(command.printed(r"served by (\d+)", ended.end())[1])
        command.printed("restarted in", ended.end())
        assert "one 0" in get(command).text
        # Without its supervisor it ends by itself.
        command.process.kill()
        psutil.wait_procs([psutil.Process(second)], WITHIN)
        assert gone(second)


def test_ctrl_c_ends_a_command_that_is_just_starting(folder: Path) -> None:
    """The application reads what is typed, as `breakpoint()` does."""
    (folder / "app.py").write_text(
        f"print('got', input(), flush=True)\nimport time\ntime.sleep(1000)\n{COUNTER}"
    )
    with running(folder, "dev", "--port", "0") as command:
        command.typed("word\n")
        command.printed("got word")
        command.interrupt()
        assert command.ended() == 0
    assert command.output == "got word\n"


def test_a_port_that_is_taken(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["dev", "--port", str(port)]) == 2
    expected = (
        f"pyview dev: cannot listen at 127.0.0.1, port {port}: another program uses it; choose another one"
    )
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--host", "198.51.100.1"], "this host has no such address"),
        (["--port", "70000"], "a port is a number from 0 to 65535"),
        (["--watch", "nowhere"], "there is no such folder"),
        (["nothing_at_all"], "there is no module 'nothing_at_all'"),
    ],
)
def test_a_wrong_use_is_answered_with_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    text: str,
) -> None:
    monkeypatch.chdir(folder)
    assert main(["dev", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("pyview dev: ")
    assert text in error
    assert error.count("\n") == 1
