"""Names that users import: all exist, and `pyview` has no others."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import pyview

# Removed modules of PyView 0.9: importing them raises an error with the replacement.
REMOVED = {"pyview.instrumentation", "pyview.template.context_processor", "pyview.vendor"}

# Import paths of the documentation. Removing or moving a name breaks applications.
PUBLIC = {
    "pyview": [
        "ComponentMeta",
        "ComponentSocket",
        "AsyncFailure",
        "AsyncResult",
        "ConnectInfo",
        "ConnectedLiveViewSocket",
        "Depends",
        "Keep",
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
    "pyview.downloads": ["csv_file", "xlsx_file"],
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
    "pyview.plots": ["Drawing", "PackageMissing", "Plot", "PlotPoint", "Points", "Ranges", "draw"],
    "pyview.pubsub": ["MISSED", "MemoryPubSub", "PubSub", "pubsub_from_environment", "shared_pubsub"],
    "pyview.revocation": [
        "MemoryRevocations",
        "Revocations",
        "SQLiteRevocations",
        "revocations_from_environment",
    ],
    "pyview.keeping": ["Keep"],
    "pyview.stores": [
        "claims_from_environment",
        "once_store_from_environment",
        "revocations_from_environment",
        "session_store_from_environment",
        "state_store_from_environment",
    ],
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
    "pyview.tables": [
        "Action",
        "Changed",
        "ChosenRows",
        "Column",
        "Count",
        "DataTable",
        "RowsSource",
        "TableQuery",
        "TableSource",
        "Texts",
        "Window",
        "column",
        "data_table",
        "reload_rows",
    ],
    "pyview.telemetry": ["Telemetry"],
    "pyview.testing": ["LiveClient", "SavedFile", "rendered"],
    "pyview.text_streams": ["TextStream", "TextTooLong", "markdown", "stop_text", "stream_text"],
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
    "pyview.uvicorn_ws": ["PicowsProtocol", "websocket_protocol"],
}


@pytest.mark.parametrize(
    ("module", "name"), [(path, name) for path, names in PUBLIC.items() for name in names]
)
def test_a_public_name_can_be_imported(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_the_package_lists_the_public_names_in_order() -> None:
    assert list(pyview.__all__) == sorted(pyview.__all__)
    assert set(PUBLIC["pyview"]) <= set(pyview.__all__)


def test_the_package_has_no_other_public_names() -> None:
    visible = {name for name, value in vars(pyview).items() if not _is_private(name, value)}
    assert visible == set(pyview.__all__)


def _is_private(name: str, value: object) -> bool:
    return name.startswith("_") or isinstance(value, ModuleType)


def test_every_name_in_all_exists() -> None:
    for found in pkgutil.walk_packages(pyview.__path__, "pyview."):
        if found.name in REMOVED:
            continue
        module = importlib.import_module(found.name)
        listed = getattr(module, "__all__", [])
        assert not [name for name in listed if not hasattr(module, name)], found.name
