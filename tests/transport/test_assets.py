"""Files of the browser client: caching, compression, and the error if the client is not built."""

import gzip
import json
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from pyview.transport.assets import ClientAssets, ClientMissingError, preferred_encoding

SCRIPT = b"export const answer = 42;\n" * 100
EVERY_COPY = {"br": b"", "gzip": b"", "identity": b""}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built client: a script with compressed copies, a stylesheet without, and a file whose name never changes."""
    (tmp_path / "pyview-1A.js").write_bytes(SCRIPT)
    (tmp_path / "pyview-1A.js.br").write_bytes(b"as brotli would have it")
    (tmp_path / "pyview-1A.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "pyview-2B.css").write_bytes(b"p { color: red }")
    (tmp_path / "pyview.js").write_bytes(b'export * from "./pyview-1A.js";')
    (tmp_path / "secret.txt").write_bytes(b"in the folder, not in the manifest")
    script, style = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
    manifest = {
        "liveview_version": "1.2.99",
        "script": "pyview-1A.js",
        "style": "pyview-2B.css",
        "module": "pyview.js",
        "files": {
            "pyview-1A.js": {"type": script, "immutable": True},
            "pyview-2B.css": {"type": style, "immutable": True},
            "pyview.js": {"type": script, "immutable": False},
        },
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


@pytest.fixture
def assets(built: Path) -> ClientAssets:
    return ClientAssets(built)


@pytest.fixture
def client(assets: ClientAssets) -> httpx.AsyncClient:
    return browsing(assets.route())


def browsing(route: BaseRoute) -> httpx.AsyncClient:
    """An HTTP client of an application that has only this route."""
    transport = httpx.ASGITransport(Starlette(routes=[route]))
    headers = {"Accept-Encoding": "identity"}
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


async def test_a_hashed_file_is_cached_forever(client: httpx.AsyncClient, assets: ClientAssets) -> None:
    response = await client.get(assets.script_url())
    assert response.content == SCRIPT
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_file_whose_name_never_changes_is_revalidated(
    client: httpx.AsyncClient, assets: ClientAssets
) -> None:
    response = await client.get(assets.module_url())
    assert response.headers["cache-control"] == "no-cache"
    again = await client.get(assets.module_url(), headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == response.headers["etag"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br, gzip", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("identity", None),
        ("", None),
        ("br;q=much, gzip;q=0", None),
    ],
)
async def test_a_compressed_copy_is_sent_if_accepted(
    client: httpx.AsyncClient, assets: ClientAssets, accepted: str, encoding: str | None
) -> None:
    headers = {"Accept-Encoding": accepted}
    async with client.stream("GET", assets.script_url(), headers=headers) as response:
        body = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["vary"] == "Accept-Encoding"
    assert int(response.headers["content-length"]) == len(body)


async def test_every_encoding_has_its_own_etag(client: httpx.AsyncClient, assets: ClientAssets) -> None:
    requests = [{"Accept-Encoding": encoding} for encoding in EVERY_COPY]
    responses = [await client.head(assets.script_url(), headers=headers) for headers in requests]
    assert len({response.headers["etag"] for response in responses}) == len(EVERY_COPY)


async def test_a_file_without_compressed_copies_is_sent_uncompressed(
    client: httpx.AsyncClient, assets: ClientAssets
) -> None:
    response = await client.get(assets.style_url(), headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in response.headers
    assert response.text == "p { color: red }"


async def test_head_has_the_headers_of_get(client: httpx.AsyncClient, assets: ClientAssets) -> None:
    get = await client.get(assets.script_url())
    head = await client.head(assets.script_url())
    assert head.headers == get.headers
    assert head.content == b""


@pytest.mark.parametrize(
    "name",
    ["secret.txt", "manifest.json", "pyview-1A.js.br", "../pyview-1A.js", "%2e%2e%2fassets.py", ""],
)
async def test_only_the_client_is_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/live/assets/{name}")).status_code == 404


async def test_nothing_can_be_written(client: httpx.AsyncClient, assets: ClientAssets) -> None:
    assert (await client.post(assets.script_url())).status_code == 405


@pytest.mark.parametrize("tag", ["*", "W/{}", '"other", {}'])
async def test_a_known_etag_is_answered_without_a_body(
    client: httpx.AsyncClient, assets: ClientAssets, tag: str
) -> None:
    etag = (await client.head(assets.script_url())).headers["etag"]
    response = await client.get(assets.script_url(), headers={"If-None-Match": tag.format(etag)})
    assert response.status_code == 304


async def test_urls_have_the_prefix_of_the_mount(assets: ClientAssets) -> None:
    client = browsing(Mount("/shop", routes=[assets.route()]))
    assert (await client.get(assets.script_url("/shop"))).status_code == 200
    head = assets.head("/shop")
    assert '<script phx-track-static type="module" src="/shop/live/assets/pyview-1A.js"></script>' in head
    assert '<meta name="pyview-live-path" content="/shop/live">' in head


def test_a_prefix_is_escaped_in_its_attribute(assets: ClientAssets) -> None:
    assert "<script>" not in assets.head('"><script>')


def test_the_version_of_the_client_is_known(assets: ClientAssets) -> None:
    assert assets.liveview_version == "1.2.99"


def test_the_error_for_a_missing_client_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ClientMissingError, match=r"make setup") as caught:
        ClientAssets(tmp_path).load()
    assert str(tmp_path / "manifest.json") in str(caught.value)


@given(st.text())
def test_no_accept_encoding_header_is_an_error(header: str) -> None:
    assert preferred_encoding(header, EVERY_COPY) in EVERY_COPY


async def test_the_built_client_is_complete() -> None:
    assets = ClientAssets()
    client = browsing(assets.route())
    for url in (assets.script_url(), assets.style_url(), assets.module_url()):
        assert (await client.get(url)).status_code == 200
    compressed = await client.get(assets.script_url(), headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert b"LiveSocket" in compressed.content
