"""What may be kept in a session: JSON, and nothing that would come back as something else."""

import json
from collections.abc import Mapping
from typing import Any


def encode(session: Mapping[str, Any]) -> bytes:
    """The data of a `Record`. Raises `TypeError` for what JSON cannot say."""
    try:
        return json.dumps(dict(session), allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"A session holds JSON only (text, numbers, true, false, null, lists, dicts): {error}. Keep an id "
            "instead of an object, and .isoformat() instead of a date."
        ) from error


def decode(data: bytes) -> dict[str, Any]:
    """The session that `encode` was given. Raises `ValueError` for data that it never made."""
    session = json.loads(data)
    if not isinstance(session, dict):
        raise ValueError(f"A session is a JSON object, got {type(session).__name__}")
    return session
