"""The names that users import: promised ones are where they are promised, and no other strays into the facade."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import pyview

# Modules of PyView 0.9 whose import says what to use instead.
GONE = {"pyview.instrumentation", "pyview.template.context_processor", "pyview.vendor"}

# Where the guides say that a name is. Taking one away, or moving it, breaks somebody's program.
PROMISED = {
    "pyview": [
        "ComponentMeta",
        "ComponentSocket",
        "AsyncFailure",
        "AsyncResult",
        "ConnectInfo",
        "ConnectedLiveViewSocket",
        "Depends",
        "LiveComponent",
        "LiveView",
        "LiveViewSocket",
        "PyView",
        "RootTemplate",
        "RootTemplateContext",
        "SecurityConfig",
        "Session",
        "Slot",
        "SlotEntry",
        "Slots",
        "Stream",
        "UnconnectedSocket",
        "attr",
        "component",
        "defaultRootTemplate",
        "each",
        "inline",
        "is_connected",
        "static_changed",
        "js",
        "playground",
        "live_component",
    ],
    "pyview.auth": ["AllowAllAuthProvider", "AuthProvider", "AuthProviderFactory", "requires"],
    "pyview.async_stream_runner": ["AsyncStreamRunner"],
    "pyview.binding": ["Params"],
    "pyview.changesets": ["ChangeSet", "change_set"],
    "pyview.components": ["ComponentMeta", "ComponentSocket", "LiveComponent", "live_component", "slots"],
    "pyview.depends": ["Depends", "Session"],
    "pyview.events": [
        "AutoEventDispatch",
        "BaseEventHandler",
        "InfoEvent",
        "async_result",
        "event",
        "info",
        "outcome",
    ],
    "pyview.events.info_event": ["InfoEvent"],
    "pyview.forms": ["FieldError", "Form", "FormField", "FormPart", "InvalidForm", "Problem", "to_form"],
    "pyview.live_dashboard": ["live_dashboard", "live_views"],
    "pyview.live_socket": ["ConnectedLiveViewSocket", "LiveViewSocket", "UnconnectedSocket", "is_connected"],
    "pyview.live_view": ["LiveView", "LiveViewSocket"],
    "pyview.meta": ["PyViewMeta"],
    "pyview.playground": ["Favicon", "PlaygroundBuilder", "playground"],
    "pyview.pubsub": ["MemoryPubSub", "PubSub", "pubsub_from_environment", "shared_pubsub"],
    "pyview.stream": ["Stream"],
    "pyview.template": [
        "LiveRender",
        "LiveTemplate",
        "RenderedContent",
        "RootTemplate",
        "RootTemplateContext",
        "TemplateView",
        "defaultRootTemplate",
        "stream_for",
    ],
    "pyview.template.live_view_template": ["live_component", "stream_for"],
    "pyview.template.template_view": ["TemplateView"],
    "pyview.template.root_template": ["ContentWrapper", "RootTemplate", "defaultRootTemplate"],
    "pyview.telemetry": ["Telemetry"],
    "pyview.testing": ["LiveClient", "rendered"],
    "pyview.uploads": [
        "ActiveUpload",
        "ConstraintViolation",
        "ExternalUploadMeta",
        "MemoryWriter",
        "Postpone",
        "TempFileWriter",
        "UploadConfig",
        "UploadConstraints",
        "UploadEntry",
        "UploadFailure",
        "UploadInProgress",
        "UploadRejected",
        "UploadResult",
        "UploadRulesError",
        "UploadSuccess",
        "UploadSuccessWithData",
        "UploadWriter",
        "live_file_input",
        "live_img_preview",
        "upload_errors",
        "upload_preview_tag",
    ],
}


@pytest.mark.parametrize(
    ("module", "name"), [(path, name) for path, names in PROMISED.items() for name in names]
)
def test_a_promised_name_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_the_facade_lists_what_is_promised_in_order() -> None:
    assert list(pyview.__all__) == sorted(pyview.__all__)
    assert set(PROMISED["pyview"]) <= set(pyview.__all__)


def test_nothing_strays_into_the_facade() -> None:
    visible = {name for name, value in vars(pyview).items() if not _is_private(name, value)}
    assert visible == set(pyview.__all__)


def _is_private(name: str, value: object) -> bool:
    return name.startswith("_") or isinstance(value, ModuleType)


def test_every_list_of_public_names_is_true() -> None:
    for found in pkgutil.walk_packages(pyview.__path__, "pyview."):
        if found.name in GONE:
            continue
        module = importlib.import_module(found.name)
        listed = getattr(module, "__all__", [])
        assert not [name for name in listed if not hasattr(module, name)], found.name
