"""Pages of the reference: the public names, grouped by task. Their text is in the docstrings of the code.

`tests/docs/test_site.py` fails if a public name is in no group.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Task:
    """A page of the reference: what it is for, and the names, `module: names` in the order of the page."""

    page: str
    title: str
    text: str
    names: dict[str, str]

    @property
    def paths(self) -> list[str]:
        """The import paths of all names, such as `pyview.auth.requires`."""
        return [f"{module}.{name}" for module, names in self.names.items() for name in names.split()]


TASKS: Final = (
    Task(
        "reference-applications",
        "Applications",
        "The application, its settings and its document. [Getting started](getting-started.md), "
        "[Settings](settings.md) and [Layouts](layouts.md) are the guides.",
        {
            "pyview": "PyView SecurityConfig RootTemplate RootTemplateContext defaultRootTemplate Embedded",
            "pyview.template.root_template": "ContentWrapper live_element",
            "pyview.playground": "playground PlaygroundBuilder Favicon",
            "pyview.live_dashboard": "live_dashboard live_views",
        },
    ),
    Task(
        "reference-views",
        "Views",
        "What a page is: its class, its socket, what a handler gets. [Views](views.md) is the guide.",
        {
            "pyview": "LiveView LiveViewSocket ConnectedLiveViewSocket UnconnectedSocket is_connected "
            "static_changed ConnectInfo PyViewMeta Halt live_render",
            "pyview.hooks": "OnMountHook",
        },
    ),
    Task(
        "reference-events",
        "Events and parameters",
        "Methods that handle events and messages, and what their parameters may be. [Events](events.md) and "
        "[Dependency injection](dependencies.md) are the guides.",
        {
            "pyview.events": "event info async_result InfoEvent BaseEventHandler AutoEventDispatch outcome",
            "pyview": "Params Depends Session",
        },
    ),
    Task(
        "reference-templates",
        "Templates and components",
        "Templates, components and lists. [Templates](templates.md), [Live components](components.md), "
        "[Function components](function-components.md) and [Streams](streams.md) are the guides.",
        {
            "pyview.template": "LiveTemplate LiveRender RenderedContent TemplateView create_environment stream_for",
            "pyview.template.environment": "pure",
            "pyview": "component attr Slot SlotEntry Slots each inline Stream LiveComponent ComponentSocket "
            "ComponentMeta live_component",
            "pyview.components": "slots",
            "pyview.js": "JsCommands JsCommand",
        },
    ),
    Task(
        "reference-core-components",
        "Core components",
        "Functions that templates call. [Core components](core-components.md) is the guide.",
        {
            "pyview.ui": "form input label errors form_errors inputs_for add_button remove_button move_button button "
            "link table data_table modal show_modal hide_modal flash_group focus_wrap portal async_result "
            "chart plot shell nav_link nav_heading card disclosure accordion divider tabs Tab nav_tabs breadcrumbs "
            "pagination stepper menu menu_item command_palette command drawer confirm tooltip alert "
            "progress skeleton spinner empty_state icon badge avatar avatar_group stat stats description_list kbd",
        },
    ),
    Task(
        "reference-tables",
        "Data tables",
        "Tables with sort, filters, pages, selection, editing and downloads. [Data tables](tables.md) is the guide.",
        {
            "pyview.tables": "data_table column Column Action ChosenRows DataTable Texts TableQuery Sort Selection "
            "reload_rows TableSource Request Criteria Window Count Changed RowsSource",
        },
    ),
    Task(
        "reference-plots",
        "Plots",
        "Figures of other libraries: how they change, and their events. [Plots](plots.md) is the guide.",
        {"pyview.plots": "Plot PlotPoint Points Ranges draw Drawing PackageMissing"},
    ),
    Task(
        "reference-forms",
        "Forms",
        "Forms from pydantic models. [Forms](forms.md) is the guide.",
        {
            "pyview.forms": "Form to_form FormField FormPart FieldError Problem InvalidForm Option Messages",
            "pyview.changesets": "ChangeSet change_set",
        },
    ),
    Task(
        "reference-uploads",
        "Uploads and downloads",
        "Files from and for the browser. [Uploads](uploads.md), [Upload writers](upload-storage.md) and "
        "[Downloads](downloads.md) are the guides.",
        {
            "pyview.uploads": "live_file_input live_img_preview upload_preview_tag upload_errors UploadConfig "
            "UploadConstraints UploadEntry ActiveUpload UploadWriter TempFileWriter MemoryWriter StoredFile "
            "StoredBytes ExternalUploadMeta Postpone UploadResult UploadSuccess UploadSuccessWithData UploadFailure "
            "UploadInProgress UploadRejected UploadRulesError ConstraintViolation CloseReason",
            "pyview.downloads": "csv_file xlsx_file",
        },
    ),
    Task(
        "reference-messages",
        "Messages and background tasks",
        "What changes a page without its user. Guides: [Messages](pubsub.md), [Presence](presence.md), "
        "[Background tasks](async.md), [Streaming text](streaming-text.md).",
        {
            "pyview.pubsub": "PubSub MemoryPubSub pubsub_from_environment shared_pubsub MISSED",
            "pyview.presence": "Presence ViewPresence PresenceDiff Present Meta DIFF_EVENT",
            "pyview": "AsyncResult AsyncFailure",
            "pyview.async_stream_runner": "AsyncStreamRunner",
            "pyview.text_streams": "stream_text stop_text TextStream TextTooLong markdown",
        },
    ),
    Task(
        "reference-sign-in",
        "Sign-in and sessions",
        "Who may see what. [Authentication](authentication.md), [Authorization](authorization.md) and "
        "[Sessions](sessions.md) are the guides.",
        {
            "pyview.auth": "requires public login logout logout_everywhere end_sessions safe_next AuthProvider "
            "AuthProviderFactory AllowAllAuthProvider LiveConnection Verdict Allowed Denied Identity",
            "pyview.auth.remember": "RememberMe RememberMiddleware",
            "pyview.auth.remember_sqlite": "SQLiteRememberStore",
            "pyview.auth.throttle": "LoginThrottle",
            "pyview.sessions": "ServerSessionMiddleware SessionStore MemorySessionStore SQLiteSessionStore Device "
            "list_devices end_device",
        },
    ),
    Task(
        "reference-operation",
        "Operation",
        "What workers share, state that survives a deploy, telemetry, and the WebSocket protocol. "
        "[Deployment](deployment.md), [Kept state](kept-state.md) and [Operations](operations.md) are the guides.",
        {
            "pyview": "Keep",
            "pyview.stores": "Revocations MemoryRevocations SQLiteRevocations revocations_from_environment "
            "session_store_from_environment state_store_from_environment once_store_from_environment "
            "claims_from_environment",
            "pyview.telemetry": "Telemetry",
            "pyview.uvicorn_ws": "websocket_protocol PicowsProtocol",
        },
    ),
    Task(
        "reference-testing",
        "Testing",
        "The in-memory browser. [Testing](testing.md) is the guide.",
        {
            "pyview.testing": "LiveClient opened Page Element Child Chosen LocalFile SavedFile rendered "
            "assert_no_findings check_app Finding RawSocket PageError ElementNotFound NoAnswer NotConnected "
            "ProtocolError SocketClosed SocketRefused TooManyReloads ViewCrashed",
        },
    ),
)


def write_reference(folder: Path) -> None:
    for task in TASKS:
        names = "\n\n".join(f"::: {path}" for path in task.paths)
        text = f"---\ngenerated: true\n---\n\n# {task.title}\n\n{task.text}\n\n{names}\n"
        (folder / f"{task.page}.md").write_text(text, encoding="utf-8")
