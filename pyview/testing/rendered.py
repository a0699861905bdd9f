"""What a function component, a template string or a live value is as HTML, without a view around it."""

from typing import Any

from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import ContentRendering


def rendered(content: Any, environment: LiveEnvironment | None = None) -> str:
    """The HTML of `content`: `assert rendered(note("Hello")) == "<p>Hello</p>"`.

    `environment` is the template environment to render in, if its filters or files are needed. Raises `TypeError` for
    what cannot be made without waiting: live components and nested views, which need a view to live in (see `opened`).
    """
    html = ContentRendering(environment or create_environment(), None).html(content)
    if isinstance(html, str):
        return html
    close = getattr(html, "close", None)
    if close is not None:
        close()
    raise TypeError(
        "live components and nested views need a view to live in: open one, with LiveClient or opened()"
    )
