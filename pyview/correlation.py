"""Failures get a number: the log has it with the traceback, the browser gets nothing but the number."""

import logging
import secrets


def new_correlation_id() -> str:
    """Eight characters, enough to find one line in a log."""
    return secrets.token_hex(4)


def log_crash(logger: logging.Logger, where: str, what: str, error: BaseException) -> str:
    """Log `error` with its traceback, and without the values that caused it; returns the correlation id."""
    number = new_correlation_id()
    logger.error("%s: %s crashed (correlation id %s)", where, what, number, exc_info=error)
    return number
