"""The mode of an application: production, development, or neither."""

from collections.abc import Mapping


def is_production(environ: Mapping[str, str]) -> bool:
    """Return True if `PYVIEW_ENV` is "production" or "prod"."""
    return _named(environ) in ("production", "prod")


def is_development(environ: Mapping[str, str]) -> bool:
    """Return True if `PYVIEW_ENV` is "development" or "dev", as `pyview dev` sets it."""
    return _named(environ) in ("development", "dev")


def with_production(environ: Mapping[str, str], production: bool) -> Mapping[str, str]:
    """Return the environment of an application whose code may have set the mode."""
    return {**environ, "PYVIEW_ENV": "production" if production else ""}


def _named(environ: Mapping[str, str]) -> str:
    return environ.get("PYVIEW_ENV", "").strip().lower()
