"""The `phx-*` attributes that the client knows, of `phoenix_live_view` 1.2."""

from difflib import get_close_matches

KNOWN = frozenset(
    "phx-" + name
    for name in (
        *("click", "click-away", "submit", "change", "blur", "focus", "window-blur", "window-focus"),
        *("keydown", "keyup", "window-keydown", "window-keyup", "key", "target", "debounce", "throttle"),
        *(
            "hook",
            "update",
            "mounted",
            "remove",
            "connected",
            "disconnected",
            "disable-with",
            "trigger-action",
        ),
        *("auto-recover", "no-unused-field", "patch-focused", "track-static", "track-uploads", "drop-target"),
        *("progress", "viewport-top", "viewport-bottom", "viewport-overrun-target"),
    )
)

_GONE = {
    "phx-feedback-for": "the client has not known it since 1.0: show errors for used fields, see docs/forms.md",
    "phx-page-loading": "say it with the event: js.push('save', page_loading=True)",
    "phx-link": "it is data-phx-link",
    "phx-link-state": "it is data-phx-link-state",
    "phx-session": "it is data-phx-session",
    "phx-capture-click": "the client has not known it since 0.18: use phx-click-away",
}


def what_is_wrong_with(name: str) -> str | None:
    """Why the client does not know the attribute, None if it does."""
    if not name.startswith("phx-") or name in KNOWN or name.startswith("phx-value-"):
        return None
    if name in _GONE:
        return f"{name}: {_GONE[name]}"
    close = get_close_matches(name, KNOWN | {"phx-value-..."}, n=1, cutoff=0.7)
    return f"the client knows no attribute {name}" + (f"; did you mean {close[0]}?" if close else "")
