"""Property tests: arbitrary names, types, messages and markup of files."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from pyview.template.environment import create_environment
from pyview.uploads import (
    UploadConfig,
    UploadConstraints,
    live_file_input,
    live_img_preview,
    upload_preview_tag,
)
from pyview.uploads.entry import file_name, media_type, relative_path
from pyview.wire.message import Frame, MalformedFrame, decode_binary, encode_binary
from pyview.wire.uploads import ChosenFile, read_advance, read_choices, read_files, read_preflight

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**20) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "ref",
    "name",
    "size",
    "type",
    "relative_path",
    "last_modified",
    "meta",
    "progress",
    "entry_ref",
    "entries",
]
NEARLY = st.dictionaries(st.sampled_from(KEYS), JSON | st.just([{"ref": "0", "name": "a", "size": 1}]))


@given(st.text())
def test_file_name_is_safe_and_idempotent(raw: str) -> None:
    name = file_name(raw)
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0")
    assert name.isprintable()
    assert len(name.encode()) <= 255
    assert file_name(name) == name


@given(st.text(alphabet=st.sampled_from("./\\ab\0 é")))
def test_a_path_never_leaves_its_folder(raw: str) -> None:
    path = relative_path(raw)
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/")) or path == ""
    assert relative_path(path) == path


@given(st.text())
def test_media_type_is_valid_or_empty(raw: str) -> None:
    kind = media_type(raw)
    assert kind == "" or (kind.count("/") == 1 and kind.isascii() and kind == kind.lower())


@given(JSON | NEARLY)
@pytest.mark.parametrize("read", [read_choices, read_files, read_preflight, read_advance])
def test_invalid_messages_about_files_raise_only_malformed_frame(read: Any, payload: Any) -> None:
    for candidate in (payload, [payload], {"x": [payload]}):
        with suppress(MalformedFrame):
            read(candidate)


SHORT = st.text(max_size=60)


@given(SHORT, SHORT, SHORT, SHORT, st.binary(max_size=50))
def test_binary_frames_round_trip(a: str, b: str, topic: str, event: str, data: bytes) -> None:
    assert decode_binary(encode_binary(a, b, topic, event, data)) == Frame(
        a or None, b or None, topic, event, data
    )


@given(st.binary(max_size=60))
def test_an_invalid_binary_frame_is_malformed(data: bytes) -> None:
    try:
        frame = decode_binary(data)
    except MalformedFrame:
        return
    assert data.endswith(frame.payload)


def upload(files: list[ChosenFile], **rules: Any) -> UploadConfig:
    config = UploadConfig("files", UploadConstraints(accept="any", **rules))
    config.add_entries(files)
    return config


def chosen(ref: str, name: str = "a", size: int = 1) -> ChosenFile:
    return ChosenFile(ref, name, size, "", "", 0, None)


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 20))),
    st.lists(st.sampled_from("abcdef")),
    st.integers(1, 4),
)
def test_permissions_never_exceed_the_rules(
    files: list[tuple[str, int]], cancelled: list[str], most: int
) -> None:
    config = upload([chosen(ref, size=size) for ref, size in files], max_files=most, max_file_size=10)
    for ref in set(cancelled) & config.entries_by_ref.keys():
        config.cancel_entry(ref)
    may = config.awaiting_preflight("abcdef")
    assert len(may) <= most
    assert all(entry.size <= 10 for entry in may)
    assert bool(config.errors) == (len(config.entries) > most)


def test_the_number_of_remembered_references_is_limited() -> None:
    config = upload([])
    for ref in map(str, range(1500)):
        config.add_entries([chosen(ref)])
        config.cancel_entry(ref)
    assert config.gone(map(str, range(1500))) == [str(ref) for ref in range(500, 1500)]


@given(st.text(), st.sampled_from(["title", "aria_label", "data_x", "class_"]), st.text())
def test_nothing_breaks_out_of_the_markup(name: str, attribute: str, value: str) -> None:
    config = upload([chosen("0", name)])
    for markup in (
        live_file_input(config, **{attribute: value}),
        live_img_preview(config.entries[0], **{attribute: value}),
    ):
        assert isinstance(markup, Markup)
        assert markup.count("<") == markup.count(">") == 1
        assert str(Markup.escape(value)) in markup


@pytest.mark.parametrize("attribute", ["id", "type", "name", "accept", "data_phx_hook", "multiple"])
def test_attributes_of_the_client_cannot_be_overwritten(attribute: str) -> None:
    with pytest.raises(TypeError, match="sets itself from the rules of allow_upload"):
        live_file_input(upload([]), **{attribute: "x"})


def test_attributes_are_those_that_the_client_reads() -> None:
    config = UploadConfig("photo", UploadConstraints(max_files=1, accept=".png,image/jpeg"), auto_upload=True)
    config.add_entries([chosen("0", "a.png"), chosen("1", "b.exe")])
    config.entries[0].preflighted = True
    assert live_file_input(config, required=True, tabindex=None) == (
        f'<input id="{config.ref}" type="file" name="photo" accept=".png,image/jpeg" '
        f'data-phx-hook="Phoenix.LiveFileUpload" data-phx-upload-ref="{config.ref}" data-phx-active-refs="0,1" '
        f'data-phx-done-refs="" data-phx-preflighted-refs="0" data-phx-error-refs="{config.ref},1" '
        "data-phx-auto-upload required>"
    )
    assert live_img_preview(config.entries[0]) == (
        f'<img id="phx-preview-0" data-phx-upload-ref="{config.ref}" data-phx-entry-ref="0" '
        'data-phx-hook="Phoenix.LiveImgPreview" data-phx-update="ignore">'
    )


def test_templates_have_the_markup_as_functions_and_filters() -> None:
    config = upload([chosen("0")])
    names = {"upload": config, "entry": config.entries[0]}
    for source in ("{{ live_file_input(upload) }}", "{{ upload|live_file_input }}"):
        assert create_environment().from_string(source).render(names) == live_file_input(config)
    for source in ("{{ live_img_preview(entry) }}", "{{ entry|upload_preview_tag }}"):
        assert create_environment().from_string(source).render(names) == upload_preview_tag(config.entries[0])
    assert live_file_input(None) == ""
