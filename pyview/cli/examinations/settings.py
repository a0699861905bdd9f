"""Examine the settings of the environment: variables, secret, stores, limits."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pyview.checks.server import descriptor_advice
from pyview.cli.examinations.diagnosis import Diagnosis, bad, doubtful, good
from pyview.environment.mode import is_development, is_production
from pyview.environment.variables import unknown_mode, unknown_variables
from pyview.environment.workers import configured_workers
from pyview.observability.descriptors import soft_limit
from pyview.stores.from_environment import redis_url, state_path
from pyview.stores.health import StoreUnavailable
from pyview.tokens.secrets import GENERATE, SecretError, Secrets

_OLDEST_REDIS: Final = (6, 2)


def examine_settings(environ: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yield what the environment says: mode, unknown variables, secret, store, workers, limit of open files."""
    yield _mode(environ)
    yield from _unknown(environ)
    yield _secret(environ)
    yield from _store(environ)
    yield _workers(environ)
    advice = descriptor_advice(soft_limit())
    yield (
        doubtful("files", advice)
        if advice
        else good("files", f"{soft_limit() or 'any number of'} may be open")
    )


def _mode(environ: Mapping[str, str]) -> Diagnosis:
    wrong = unknown_mode(environ)
    if wrong is not None:
        guess = f"Did you mean {wrong[1]!r}? " if wrong[1] else ""
        return bad(
            "mode", f"PYVIEW_ENV={wrong[0]!r} is no mode. {guess}Expected production, development, or nothing"
        )
    if is_production(environ):
        return good("mode", "production")
    return good("mode", "development" if is_development(environ) else "neither production nor development")


def _unknown(environ: Mapping[str, str]) -> Iterator[Diagnosis]:
    for name, guess in unknown_variables(environ).items():
        yield doubtful(
            "variable", f"PyView does not read {name}{f'. Did you mean {guess}?' if guess else ''}"
        )


def _secret(environ: Mapping[str, str]) -> Diagnosis:
    try:
        problems = list(Secrets.from_environment(environ).problems())
    except SecretError as error:
        return bad("secret", str(error))
    if not problems:
        return good("secret", "strong, from the environment")
    text = f"{'; '.join(problems)}. Make one with: {GENERATE}"
    return bad("secret", text) if is_production(environ) else doubtful("secret", text)


def _workers(environ: Mapping[str, str]) -> Diagnosis:
    count = configured_workers(environ, sys.argv)
    if count.workers > 1 and not (redis_url(environ) or state_path(environ)):
        text = f"{count.workers} ({count.source}), which share nothing: set PYVIEW_STATE or PYVIEW_REDIS_URL"
        return bad("workers", text)
    return good("workers", f"{count.workers}")


# --- stores ---


def _store(environ: Mapping[str, str]) -> Iterator[Diagnosis]:
    url, path = redis_url(environ), state_path(environ)
    if url:
        yield from asyncio.run(_redis(url))
    elif path:
        yield _file(Path(path))
    else:
        text = "the memory of one process: a restart forgets sign-outs and kept states. Set PYVIEW_STATE"
        yield bad("store", text) if is_production(environ) else good("store", text)


def _file(path: Path) -> Diagnosis:
    folder = path.absolute().parent
    if not folder.is_dir():
        return bad(
            "store",
            f"PYVIEW_STATE={path}: there is no folder {folder}. Create it for the user of the workers",
        )
    if not os.access(folder, os.W_OK):
        return bad("store", f"PYVIEW_STATE={path}: this user may not write to {folder}")
    if not path.exists():
        return good("store", f"{path}, which the first worker will create")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("pragma schema_version").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        return bad("store", f"PYVIEW_STATE={path} cannot be read as an SQLite file: {error}")
    return good("store", f"{path}, {path.stat().st_size / 2**20:.1f} MiB")


async def _redis(url: str) -> list[Diagnosis]:
    try:
        # The module needs the extra [redis].
        server: Any = import_module("pyview.stores.redis").RedisServer(url)
    except ModuleNotFoundError as error:
        return [bad("store", f"PYVIEW_REDIS_URL needs {error.name}. Type: pip install 'pyview-live[redis]'")]
    except ValueError as error:
        return [bad("store", f"PYVIEW_REDIS_URL: {error}")]
    try:
        await server.open()
        return await _server(server)
    except StoreUnavailable as error:
        return [bad("store", f"PYVIEW_REDIS_URL: the server does not answer: {error}")]
    finally:
        await server.close()


async def _server(server: Any) -> list[Diagnosis]:
    about = _fields(await server.run("reading", "INFO", "server"))
    memory = _fields(await server.run("reading", "INFO", "memory"))
    name = "Valkey" if "valkey_version" in about else "Redis"
    # Valkey reports the version of Redis that it is compatible with, too.
    own = about.get("valkey_version") or about.get("redis_version", "0")
    found = [good("store", f"{name} {own} answers")]
    if _version(about.get("redis_version", own)) < _OLDEST_REDIS:
        found = [bad("store", f"{name} {own} is too old; expected 6.2 or later")]
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        found.append(
            bad("store", f"maxmemory-policy is {policy}: it may drop sign-outs. Set it to noeviction")
        )
    return found


def _fields(answer: bytes | str) -> dict[str, str]:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, colon, value in lines if colon}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
