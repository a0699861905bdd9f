"""Changes that the page's own script makes to the document."""

from pyview import LiveView, PyView
from pyview.testing import LiveClient


class EmptyLiveView(LiveView[dict[str, str]]):
    pass


async def test_the_notice_about_the_missing_script_is_removed() -> None:
    app = PyView(secret="a secret that is long enough to be one, 0123456789")
    app.add_live_view("/", EmptyLiveView)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert "its script has not loaded" in page.response.text
        assert not page.has_text("its script has not loaded")
        assert not page.exists("#pyview-notice")
        assert not page.exists("noscript")
