"""A signature that cannot be bound is refused when it is compiled, with what to do about it."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from pyview.binding import Depends, SignatureError, compile_event, compile_info, compile_mount, compile_params


class Socket: ...


def refusal_of(compile_it: Callable[..., Any], function: Callable[..., Any]) -> str:
    with pytest.raises(SignatureError) as refusal:
        compile_it(function)
    return str(refusal.value)


def test_a_type_that_pydantic_does_not_know() -> None:
    def handle_event(self: Any, event: str, s: Socket) -> None: ...

    message = refusal_of(compile_event, handle_event)
    line = handle_event.__code__.co_firstlineno
    assert f"handle_event ({__file__}:{line}): parameter `s` is annotated Socket" in message
    assert "by one of the names socket, session, user, auth, url, or by Depends(...)" in message
    assert "Pydantic says: Unable to generate pydantic-core schema" in message


def test_a_reserved_name_that_the_callback_has_not() -> None:
    def handle_params(self: Any, payload: Any) -> None: ...

    message = refusal_of(compile_params, handle_params)
    assert (
        "`payload` is reserved and handle_params has none; it has session, user, auth, url, params, socket"
        in message
    )


def test_a_reserved_name_that_the_callback_has_not_keeps_its_default() -> None:
    def mount(self: Any, socket: Any, event: str = "none") -> str:
        return event

    assert compile_mount(mount)(object(), None, {}, None) == "none"  # type: ignore[arg-type]


def test_mount_and_info_take_nothing_from_the_client() -> None:
    def mount(self: Any, socket: Any, session: Any, page: int) -> None: ...

    def handle_info(self: Any, event: Any, socket: Any, page: int) -> None: ...

    assert "`page` has no value: nothing from the client reaches mount" in refusal_of(compile_mount, mount)
    assert "nothing from the client reaches handle_info" in refusal_of(compile_info, handle_info)


def test_an_annotated_parameter_is_never_taken_by_its_place() -> None:
    """`db` forgot its Depends: it must not receive the session."""

    def mount(self: Any, socket: Any, db: Socket) -> None: ...

    assert "`db` has no value" in refusal_of(compile_mount, mount)


def test_a_field_with_a_reserved_name() -> None:
    def add_bookmark(self: Any, socket: Any, url: str) -> None: ...

    def search(self: Any, socket: Any, params: str) -> None: ...

    message = refusal_of(compile_event, add_bookmark)
    assert "`url` is reserved, and not the str of a form or URL. For that, choose another name" in message
    assert "`params` is reserved" in refusal_of(compile_event, search)
    assert "`params` is reserved" in refusal_of(compile_params, search)


def test_a_parameter_without_value_in_an_odd_place() -> None:
    def handle_info(self: Any, event: Any, *, _: Any) -> None: ...

    assert "`_` has no value" in refusal_of(compile_info, handle_info)


def test_a_dependency_that_does_not_tell_its_signature() -> None:
    def handle_event(self: Any, it: Annotated[Any, Depends(min)]) -> None: ...

    message = refusal_of(compile_event, handle_event)
    assert message.startswith("min: ")
    assert "does not tell its signature; wrap it in a function that does" in message


def test_the_url_of_handle_params_may_be_annotated_freely() -> None:
    def handle_params(self: Any, url: str, params: Any, socket: Any) -> str:
        return url

    assert compile_params(handle_params)(object(), "/now", None, None, None) == "/now"  # type: ignore[arg-type]
