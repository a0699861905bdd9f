"""Output and exit codes of `pyview check`."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.routing import Mount

from pyview import LiveView, PyView, SecurityConfig
from pyview.auth import requires
from pyview.auth.findings import Severity
from pyview.cli.check import NotAPyView, check
from pyview.cli.main import main
from pyview.template.live_template import LiveTemplate

STRONG = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
SOUND = f"""
import os
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Mount
from pyview import PyView, SecurityConfig

def build(key="{STRONG} of the session", **options):
    app = PyView(security=SecurityConfig(allowed_hosts=["shop.example.org"]))
    secure = os.environ.get("PYVIEW_ENV") == "production"
    app.add_middleware(SessionMiddleware, secret_key=key, https_only=secure, **options)
    return app

app = build()
"""
CARELESS = SOUND + 'careless = build("change-me-in-production")\n'
NAMELESS = """
from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser
from starlette.middleware.authentication import AuthenticationMiddleware

class Nameless(BaseUser):
    is_authenticated = True
    display_name = "Ann"

class Backend(AuthenticationBackend):
    async def authenticate(self, conn):
        return AuthCredentials(["authenticated"]), Nameless()

app.add_middleware(AuthenticationMiddleware, backend=Backend())
"""
BROKEN = (
    SOUND
    + """
from pyview import LiveView
from pyview.auth import requires

from pyview.template.live_template import LiveTemplate

@requires("authenticated")
class Guarded(LiveView):
    template = LiveTemplate.from_string("members only")

app.add_live_view("/", Guarded)
site = Starlette(routes=[Mount("/live", app)])
"""
)


VIEW = """
from pyview import LiveView

class Basket(LiveView):
    pass

app.add_live_view("/", Basket)
"""


@dataclass(frozen=True)
class Done:
    code: int
    output: str
    errors: str

    @property
    def kinds(self) -> list[str]:
        """The severities of the findings, without the advice."""
        kinds = [line.partition(":")[0] for line in self.output.splitlines()[:-1]]
        return [kind for kind in kinds if kind != "advice"]

    @property
    def advice(self) -> list[str]:
        return [line for line in self.output.splitlines() if line.startswith("advice: ")]

    @property
    def verdict(self) -> str:
        return self.output.splitlines()[-1]


@dataclass(frozen=True)
class Shell:
    """A folder with applications, and the command in it."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def write(self, source: str) -> None:
        (self.folder / "shop.py").write_text(source)

    def run(self, *arguments: str, secret: str = STRONG, **environ: str) -> Done:
        """Run the command in this interpreter, which is many times quicker than a new one."""
        with self._as_a_new_command(self.environ(secret, environ)):
            code = main(["check", *arguments])
        output = self.capture.readouterr()
        return Done(code, output.out, output.err)

    def environ(self, secret: str, environ: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYVIEW_")}
        return {**kept, "PYVIEW_SECRET": secret, "PYVIEW_STATE": "state.db", **environ}

    @contextmanager
    def _as_a_new_command(self, environ: dict[str, str]) -> Iterator[None]:
        path, modules = [*sys.path], set(sys.modules)
        with chdir(self.folder), patch.dict(os.environ, environ, clear=True):
            yield
        sys.path[:] = path
        for name in {"shop", "app"} - modules:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYVIEW_SECRET", "PYVIEW_SECRET_FILE", "PYVIEW_SECRET_FALLBACKS", "PYVIEW_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYVIEW_STATE", "state.db")


class TestCommand:
    def test_an_application_without_findings(self, shell: Shell) -> None:
        shell.write(SOUND)
        done = shell.run("--deploy", "shop:app", "--production")
        assert (done.code, done.kinds) == (0, [])
        assert done.verdict == "The application starts in production mode; no problems found."

    def test_deploy_adds_advice_about_the_server(self, shell: Shell) -> None:
        shell.write(SOUND)
        advice, *files = shell.run("--deploy", "shop:app").advice
        assert "uvicorn: --ws pyview.uvicorn_ws:PicowsProtocol --ws-max-size 1048576" in advice
        assert "websocket_max_message_size = 1048576" in advice
        assert shell.run("shop:app", "--production").advice == []
        result = json.loads(shell.run("--deploy", "shop:app", "--format", "json").output)
        assert [f"advice: {text}" for text in result["advice"]] == [advice, *files]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
    def test_deploy_adds_advice_about_a_low_limit_of_open_files(self, shell: Shell) -> None:
        shell.write(SOUND)
        command = f"ulimit -n 1024; exec {sys.executable} -m pyview check --deploy shop:app"
        environ = shell.environ(STRONG, {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=shell.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        _, files = Done(done.returncode, done.stdout, done.stderr).advice
        assert "may open 1024 files" in files
        assert "about 924 pages" in files
        assert "LimitNOFILE" in files

    def test_an_unsafe_session_middleware(self, shell: Shell) -> None:
        shell.write(SOUND + f'open_ = build("{STRONG}", max_age=None, same_site="none")\n')
        done = shell.run("--deploy", "shop:open_", PYVIEW_ENV="production")
        assert (done.code, done.kinds) == (1, ["deployment"] * 3)
        for words in ("have the same secret", "max_age=None", "same_site='none'"):
            assert words in done.output

    def test_a_class_of_users_without_a_key(self, shell: Shell) -> None:
        shell.write(SOUND + NAMELESS)
        done = shell.run("--deploy", "shop:app", PYVIEW_ENV="production")
        assert (done.code, done.kinds) == (1, ["weak"])
        assert "Backend signs in users of the class Nameless, which has no unique field" in done.output

    def test_development_shows_what_production_would_refuse(self, shell: Shell) -> None:
        shell.write(CARELESS)
        done = shell.run("--deploy", "shop:careless", secret="")
        assert (done.code, done.kinds) == (0, ["weak", "weak", "deployment"])
        assert "PYVIEW_SECRET is not set" in done.output
        assert "SessionMiddleware(secret_key=...) is a value printed in documentation" in done.output
        assert done.verdict == "The application starts in development; 3 findings."
        assert shell.run("shop:careless", secret="").kinds == ["weak", "weak"]

    def test_workers_that_share_nothing(self, shell: Shell) -> None:
        shell.write(SOUND)
        alone = shell.run("--deploy", "shop:app", "--production", PYVIEW_STATE="")
        assert (alone.code, alone.kinds) == (0, ["note"])
        assert "With more than one worker it does not start in production mode" in alone.output
        assert shell.run("shop:app", "--production", PYVIEW_STATE="").kinds == ["note"], (
            "production is deployed"
        )
        assert shell.run("shop:app", PYVIEW_STATE="").kinds == []
        several = shell.run("--deploy", "shop:app", "--production", PYVIEW_STATE="", WEB_CONCURRENCY="4")
        assert (several.code, several.kinds) == (1, ["weak"])
        assert "4 workers (WEB_CONCURRENCY)" in several.output
        shared = shell.run("--deploy", "shop:app", "--production", WEB_CONCURRENCY="4")
        assert (shared.code, shared.kinds) == (0, [])

    @pytest.mark.parametrize("how", ["flag", "environment"])
    def test_production_refuses_it(self, shell: Shell, how: str) -> None:
        shell.write(CARELESS)
        flags = ("--production",) if how == "flag" else ()
        environ = {} if how == "flag" else {"PYVIEW_ENV": "production"}
        done = shell.run("shop:careless", *flags, secret="short", **environ)
        assert (done.code, done.kinds) == (1, ["weak", "weak"])
        assert "PYVIEW_SECRET has 5 bytes" in done.output
        assert "openssl rand -base64 32" in done.output
        assert (
            done.verdict
            == "The application does not start in production mode: 2 of 2 findings must be fixed."
        )

    def test_an_application_that_never_starts(self, shell: Shell) -> None:
        shell.write(BROKEN)
        for name in ("shop:app", "shop:site"):
            done = shell.run(name)
            assert (done.code, done.kinds) == (1, ["error"])
            assert "app.add_middleware(AuthenticationMiddleware" in done.output

    def test_a_missing_template(self, shell: Shell) -> None:
        shell.write(SOUND + VIEW)
        done = shell.run("shop:app")
        assert (done.code, done.verdict) == (1, "The application starts in development; no problems found.")
        assert "Basket has no template: no file" in done.output
        assert "[template-error]" in done.output
        refused = shell.run("shop:app", "--production")
        assert (refused.code, refused.kinds[-1]) == (1, "deployment")
        assert (
            refused.verdict
            == "The application does not start in production mode: 1 of 1 finding must be fixed."
        )
        (shell.folder / "shop.html").write_text("{% if %}")
        assert "shop.html:1: " in shell.run("shop:app", "--production").output
        (shell.folder / "shop.html").write_text("a basket")
        assert shell.run("shop:app", "--production").code == 0

    def test_a_factory(self, shell: Shell) -> None:
        shell.write(SOUND)
        assert shell.run("shop:build", "--factory", "--production").code == 0
        refused = shell.run("shop:build")
        assert (refused.code, refused.output) == (2, "")
        assert "--factory" in refused.errors

    def test_annotations_of_github(self, shell: Shell) -> None:
        shell.write(CARELESS.replace("careless =", VIEW + "careless ="))
        done = shell.run("shop:app", "--production", "--format", "github", secret="short")
        first, *settings = done.output.splitlines()
        assert first.startswith("::error file=")
        assert ",title=template-error::Basket has no template" in first
        assert settings[0].startswith("::error title=setting (weak)::PYVIEW_SECRET has 5 bytes")
        assert done.code == 1

    def test_annotations_escape_what_would_end_them(self, shell: Shell) -> None:
        shell.write(SOUND + VIEW)
        (shell.folder / "shop.html").write_text('<button phx-click="100%\n::error::forged">+</button>')
        lines = shell.run("shop:app", "--format", "github").output.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("::error file=shop.html,line=1,title=unknown-event::")
        assert "100%25" in lines[0]

    def test_a_secret_file_that_is_missing(self, shell: Shell) -> None:
        shell.write(SOUND)
        done = shell.run("shop:app", secret="", PYVIEW_SECRET_FILE="/nowhere/secret")
        assert done.code == 1
        assert done.output.startswith("error: PYVIEW_SECRET_FILE='/nowhere/secret' is unreadable")
        assert "Traceback" not in done.errors

    def test_the_application_of_the_folder_needs_no_name(self, shell: Shell) -> None:
        (shell.folder / "app.py").write_text(SOUND)
        assert shell.run("--production").code == 0
        (shell.folder / "app.py").unlink()
        done = shell.run()
        assert (done.code, done.output) == (2, "")
        assert "no application found in app.py and main.py here" in done.errors

    @pytest.mark.parametrize(
        ("name", "message"),
        [("shop:", "module:app"), ("nothing:app", "no module 'nothing'"), ("shop:nothing", "no 'nothing'")],
    )
    def test_a_missing_application(self, shell: Shell, name: str, message: str) -> None:
        shell.write(SOUND)
        done = shell.run(name)
        assert (done.code, done.output) == (2, "")
        assert message in done.errors
        assert "Traceback" not in done.errors

    def test_a_module_that_fails_shows_where(self, shell: Shell) -> None:
        shell.write("import nothing_of_that_name\n")
        done = shell.run("shop:app")
        assert (done.code, done.output) == (2, "")
        assert "shop:app cannot be imported: ModuleNotFoundError: No module named 'nothing" in done.errors
        assert "shop.py, line 1)" in done.errors
        assert done.errors.count("\n") == 1


class Guarded(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("members only")


class TestFunction:
    def app(self, **options: object) -> PyView:
        return PyView(secret=STRONG, **options)  # type: ignore[arg-type]

    def test_findings_and_refusals(self) -> None:
        report = check(self.app(), production=True)
        assert [finding.severity for finding in report.findings] == [Severity.DEPLOYMENT]
        assert report.refusals == report.findings
        assert check(self.app(), production=False).refusals == ()
        assert check(self.app(), production=False, deploy=False).findings == ()

    def test_the_applications_own_mode(self) -> None:
        assert check(self.app(production=True)).refusals
        assert not check(self.app(production=False)).refusals

    def test_authentication_around_a_mounted_application_counts(self) -> None:
        live = self.app(security=SecurityConfig(allowed_hosts=["*"]))
        live.add_live_view("/", requires("authenticated")(type("Members", (Guarded,), {})))
        middleware = [Middleware(AuthenticationMiddleware, backend=AuthenticationBackend())]
        routes = [Mount("/live", live)]
        assert [finding.severity for finding in check(Starlette(routes=routes)).findings] == [Severity.ERROR]
        assert check(Starlette(routes=routes, middleware=middleware)).findings == ()

    def test_no_pyview(self) -> None:
        with pytest.raises(NotAPyView, match="got a Starlette"):
            check(Starlette())
