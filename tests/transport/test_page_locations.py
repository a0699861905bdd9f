"""A page has the location of its own request, also when the request before had nearly the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pyview import LiveView
from pyview.rendering.lifecycle import Location
from pyview.routing.routes import LiveRoute
from pyview.transport.page_locations import PageLocations
from tests.asgi import http_scope

ROUTE = LiveRoute("/{rest:path}", LiveView, object(), None)

SCOPES: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    path=st.sampled_from(["/a", "/b", "/shop/a"]),
    root_path=st.sampled_from(["", "/shop"]),
    query_string=st.sampled_from([b"", b"x=1", b"x=2"]),
    scheme=st.sampled_from(["http", "https"]),
    headers=st.sampled_from([[], [(b"host", b"one.example")], [(b"host", b"two.example")]]),
    server=st.sampled_from([("10.0.0.1", 80), ("10.0.0.2", 80)]),
    path_params=st.sampled_from([{}, {"rest": "a"}]),
)


def location_of(locations: PageLocations, changes: dict[str, Any]) -> Location:
    return locations.of(http_scope(**changes), ROUTE, 100)


@given(st.lists(SCOPES, min_size=2, max_size=8))
def test_it_is_that_of_the_request(requests: list[dict[str, Any]]) -> None:
    locations = PageLocations()
    for request in requests:
        assert location_of(locations, request) == location_of(PageLocations(), request)


def test_pages_of_one_path_share_theirs() -> None:
    locations = PageLocations()
    assert location_of(locations, {"path": "/a"}) is location_of(locations, {"path": "/a"})
    with_query = {"path": "/a", "query_string": b"x=1"}
    assert location_of(locations, with_query) is not location_of(locations, with_query)
