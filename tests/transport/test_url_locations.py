"""A URL has the location that its own request asks for, also when the URL was read before for another request."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Mount, Route, Router

from pyview import LiveView, SecurityConfig
from pyview.routing.routes import LiveRoute
from pyview.transport.url_locations import UrlLocations
from tests.asgi import socket_scope

CONFIG = SecurityConfig(allowed_origins=["https://partner.example"])
PATHS = ["/a", "/a/", "/b", "/%61", "/shop/a", "//a", "/users/7", "/a?x=1", "/a#top", "/a?x=2"]
ORIGINS = [
    "",
    "http://shop.example",
    "https://shop.example",
    "https://partner.example",
    "http://evil.example",
]


def live(path: str) -> LiveRoute:
    return LiveRoute(path, LiveView, object(), None)


ROUTES: list[BaseRoute] = [live("/a"), live("/a"), live("/b"), live("/users/{id:int}"), live("/{rest:path}")]
ROUTES += [Route("/a", lambda request: None), Mount("/a", Router())]

REQUESTS: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.tuples(
    st.builds("{}{}".format, st.sampled_from(ORIGINS), st.sampled_from(PATHS)),
    st.fixed_dictionaries(
        {
            "root_path": st.sampled_from(["", "/shop"]),
            "scheme": st.sampled_from(["ws", "wss"]),
            "headers": st.lists(
                st.tuples(
                    st.sampled_from([b"host", b"Host"]), st.sampled_from([b"shop.example", b"evil.example"])
                ),
                max_size=2,
            ),
        }
    ),
)


@given(
    st.lists(REQUESTS, min_size=1, max_size=4),
    st.lists(st.lists(st.sampled_from(ROUTES), max_size=4), min_size=2, max_size=3),
)
def test_it_is_that_of_a_first_request(
    requests: list[tuple[str, dict[str, Any]]], tables: list[list[BaseRoute]]
) -> None:
    routes: list[BaseRoute] = []
    locations = UrlLocations(lambda: routes, CONFIG)
    for table in tables:
        routes[:] = table
        for url, changes in requests * 2:
            scope = {**socket_scope(), **changes}
            assert locations.of(url, scope) == UrlLocations(lambda: routes, CONFIG).of(url, scope)


def test_urls_of_fixed_paths_are_kept_and_no_others() -> None:
    table: list[BaseRoute] = [live("/a"), live("/users/{id:int}")]
    locations = UrlLocations(lambda: table, CONFIG)
    scope = socket_scope({"host": "shop.example"})
    for path, is_kept in {"/a": True, "/a?x=1": False, "/a#top": False, "/users/7": False}.items():
        first = locations.of(f"http://shop.example{path}", scope)
        assert first is not None
        assert (locations.of(f"http://shop.example{path}", scope) is first) is is_kept


def test_only_so_many_and_so_long_ones_are_kept() -> None:
    table = [live(f"/{number}") for number in range(600)] + [live(f"/{'x' * 600}")]
    locations = UrlLocations(lambda: table, CONFIG)
    scope = socket_scope({"host": "shop.example"})
    first, second = [[locations.of(route.path, scope) for route in table] for _ in "12"]
    assert first == second
    assert sum(one is other for one, other in zip(first, second, strict=True)) <= 256
    assert locations.of(f"/{'x' * 600}", scope) is not locations.of(f"/{'x' * 600}", scope)
