"""The examples of the gallery, in groups by subject. Each is an application that also runs alone."""

from dataclasses import dataclass

from examples.assistant.app import app as assistant
from examples.auth_api_key.app import app as auth_api_key
from examples.auth_db.app import app as auth_db
from examples.auth_db.services import DEMO_PASSWORD
from examples.auth_oauth.app import app as auth_oauth
from examples.auth_spec.app import app as auth_spec
from examples.back_office.app import app as back_office
from examples.back_office.sign_in import PASSWORD
from examples.charts.app import app as charts
from examples.chat.app import app as chat
from examples.checkboxes.app import app as checkboxes
from examples.components.app import app as components
from examples.core_components.app import app as core_components
from examples.counter.app import app as counter
from examples.cursors.app import app as cursors
from examples.data_table.app import app as data_table
from examples.form.app import app as form
from examples.form_validation.app import app as form_validation
from examples.js_commands.app import app as js_commands
from examples.kanban.app import app as kanban
from examples.library.app import app as library
from examples.loan.app import app as loan
from examples.nested.app import app as nested
from examples.notes.app import app as notes
from examples.operations.app import app as operations
from examples.plots.app import app as plots
from examples.streams.app import app as streams
from examples.table.app import app as table
from examples.ticker.app import app as ticker
from examples.tstrings.app import app as tstrings
from examples.ui_kit.app import app as ui_kit
from examples.uploads.app import app as uploads
from examples.webping.app import app as webping
from pyview import PyView


@dataclass(frozen=True)
class Example:
    """An example: its application, its folder below `examples/`, and where it is mounted.

    `guide` is the name of a page in `docs/`. `glyph` is an SVG path, 32 units wide and high.
    """

    app: PyView
    folder: str
    group: str
    guide: str
    title: str
    blurb: str
    glyph: str
    prefix: str
    start: str = "/"
    calls_out: bool = False  # its pages send requests to another server
    whole: bool = False  # it has a frame of its own, so its source is on another page

    @property
    def href(self) -> str:
        return self.prefix + self.start

    @property
    def source(self) -> str:
        return f"examples/{self.folder}"


EXAMPLES = (
    Example(
        back_office,
        folder="back_office",
        group="Applications",
        guide="tables",
        title="Back office",
        blurb=f"Orders to search, edit and ship, reports, CSV, an audit trail. User: ada, password: {PASSWORD}.",
        glyph="M4 8h24v18H4zM4 14h24M11 8V5h10v3M9 19h6",
        prefix="/office",
        start="/sign-in",
        whole=True,
    ),
    Example(
        operations,
        folder="operations",
        group="Applications",
        guide="charts",
        title="Operations",
        blurb="Ten services, fifty charts that move each second, alerts: all from the server, without a script.",
        glyph="M3 17h6l3-9 5 16 4-11 2 4h6",
        prefix="/operations",
        whole=True,
    ),
    Example(
        assistant,
        folder="assistant",
        group="Applications",
        guide="streaming-text",
        title="Assistant",
        blurb="A conversation with a language model: answers word by word as safe Markdown, with stop and retry.",
        glyph="M5 6h22v15H14l-6 6v-6H5zM11 12l2 2-2 2M16 16h5",
        prefix="/assistant",
    ),
    Example(
        ui_kit,
        folder="ui_kit",
        group="UI kit",
        guide="ui-kit",
        title="UI kit",
        blurb="Shell, menus, tabs, dialogs, messages, icons: each component with a demo, its keys and its source.",
        glyph="M4 5h24v22H4zM4 11h24M11 11v16M15 16h9M15 21h6",
        prefix="/ui",
    ),
    Example(
        counter,
        folder="counter",
        group="First steps",
        guide="getting-started",
        title="Counter",
        blurb="A number, two buttons and the arrow keys: a minimal live page.",
        glyph="M4 16h10M18 16h10M23 11v10",
        prefix="/counter",
    ),
    Example(
        table,
        folder="table",
        group="First steps",
        guide="navigation",
        title="Table",
        blurb="Two hundred orders. Search, order and page are in the URL, so the back button works.",
        glyph="M4 6h24v20H4zM4 13h24M13 13v13",
        prefix="/table",
    ),
    Example(
        loan,
        folder="loan",
        group="First steps",
        guide="templates",
        title="Loan",
        blurb="A chart that follows three sliders: SVG from a template, without a script.",
        glyph="M5 27V17M12 27V12M19 27V8M26 27V5",
        prefix="/loan",
    ),
    Example(
        data_table,
        folder="data_table",
        group="Lists and data",
        guide="tables",
        title="Data tables",
        blurb="Ten thousand orders in SQLite, a data frame, live rows: filters, totals, editing, selection, CSV.",
        glyph="M4 5h24v22H4zM4 11h24M4 17h24M4 22h24M12 11v16",
        prefix="/tables",
    ),
    Example(
        library,
        folder="library",
        group="Lists and data",
        guide="views",
        title="Library",
        blurb="Books in a SQLite database. A page is mounted once and costs one set of queries: load it again.",
        glyph="M5 7h9v20H5zM18 7h9v20h-9zM14 11l2-2 2 2M8 12h3M21 12h3",
        prefix="/library",
    ),
    Example(
        streams,
        folder="streams",
        group="Lists and data",
        guide="streams",
        title="Logbook",
        blurb="A hundred thousand entries with infinite scroll: the page holds a few, the server none.",
        glyph="M6 7h20M6 13h20M6 19h20M6 25h10M22 22v6M19 25l3 3 3-3",
        prefix="/logbook",
    ),
    Example(
        webping,
        folder="webping",
        group="Lists and data",
        guide="async",
        title="Pings",
        blurb="Ping several sites at once in async tasks. Each result is shown when it arrives.",
        glyph="M4 16h5l3-8 5 16 4-11 2 3h5",
        prefix="/webping",
    ),
    Example(
        form,
        folder="form",
        group="Forms and files",
        guide="forms",
        title="Form",
        blurb="Validated by a pydantic model while you fill it in, with each error beside its field.",
        glyph="M5 5h22v22H5zM11 16l4 4 7-8",
        prefix="/form",
    ),
    Example(
        form_validation,
        folder="form_validation",
        group="Forms and files",
        guide="forms",
        title="Registration",
        blurb="Inputs and errors derived from a model, with a list of addresses to add, move and remove.",
        glyph="M7 4h18v24H7zM11 10h10M11 15h10M11 21l2 2 4-4",
        prefix="/registration",
    ),
    Example(
        uploads,
        folder="uploads",
        group="Forms and files",
        guide="uploads",
        title="Uploads",
        blurb="Choose or drop pictures, with previews, progress and cancellation.",
        glyph="M16 22V7M9 13l7-7 7 7M5 20v6h22v-6",
        prefix="/uploads",
    ),
    Example(
        chat,
        folder="chat",
        group="Many users at once",
        guide="pubsub",
        title="Chat room",
        blurb="Messages, names and a list of members. Open it twice and talk to yourself.",
        glyph="M5 6h22v15H14l-6 6v-6H5zM11 12h10M11 16h6",
        prefix="/chat",
    ),
    Example(
        kanban,
        folder="kanban",
        group="Many users at once",
        guide="javascript",
        title="Board",
        blurb="Drag cards from column to column; all users see it. The hook is a file beside the view.",
        glyph="M4 5h7v22H4zM13 5h7v14h-7zM22 5h6v9h-6z",
        prefix="/kanban",
    ),
    Example(
        notes,
        folder="notes",
        group="Many users at once",
        guide="presence",
        title="Shared notes",
        blurb="Several users write one text. The cursor locks a paragraph, and all see it change.",
        glyph="M6 4h20v24H6zM10 10h12M10 15h12M10 20h7",
        prefix="/notes",
    ),
    Example(
        checkboxes,
        folder="checkboxes",
        group="Many users at once",
        guide="pubsub",
        title="A thousand checkboxes",
        blurb="One shared board. A click sends a few bytes to each page.",
        glyph="M5 5h9v9H5zM18 5h9v9h-9zM5 18h9v9H5zM18 22l3 3 6-7",
        prefix="/checkboxes",
    ),
    Example(
        cursors,
        folder="cursors",
        group="Many users at once",
        guide="presence",
        title="Shared board",
        blurb="See other users and their cursors with presence, and draw marks together.",
        glyph="M6 5l18 10-8 2-3 8zM20 22h8M24 18v8",
        prefix="/cursors",
    ),
    Example(
        ticker,
        folder="ticker",
        group="Many users at once",
        guide="async",
        title="Ticker",
        blurb="A market in a background task, broadcast to all open pages.",
        glyph="M3 22l7-8 5 5 6-11 4 7 4-3",
        prefix="/ticker",
    ),
    Example(
        charts,
        folder="charts",
        group="Building blocks",
        guide="charts",
        title="Charts",
        blurb="Lines, bars and areas as SVG from the server, without a script. They move, and answer clicks.",
        glyph="M5 5v22h23M9 22l6-7 5 4 7-10",
        prefix="/charts",
    ),
    Example(
        plots,
        folder="plots",
        group="Building blocks",
        guide="plots",
        title="Plots",
        blurb="Figures of Plotly, Altair and Matplotlib, which grow, change and answer clicks and selections.",
        glyph="M5 5v22h23M10 21a1 1 0 1 0 .1 0M15 13a1 1 0 1 0 .1 0M20 17a1 1 0 1 0 .1 0M25 8a1 1 0 1 0 .1 0",
        prefix="/plots",
    ),
    Example(
        core_components,
        folder="core_components",
        group="Building blocks",
        guide="core-components",
        title="Core components",
        blurb="Inputs, buttons, links, dialogs, messages, tables: every core component on one page.",
        glyph="M4 5h10v9H4zM18 5h10v9H18zM4 18h10v9H4zM18 22h10M23 17v10",
        prefix="/components",
    ),
    Example(
        components,
        folder="components",
        group="Building blocks",
        guide="components",
        title="Reading list",
        blurb="Live components with their own state: books, stars inside them, and a panel.",
        glyph="M6 5h8v22H6zM14 9h5v18h-5zM19 11l5-1 3 16-5 1z",
        prefix="/books",
    ),
    Example(
        nested,
        folder="nested",
        group="Building blocks",
        guide="nested-views",
        title="Workshop",
        blurb="Nested views: sensors that crash alone, and a sticky timer that keeps running.",
        glyph="M4 5h24v22H4zM8 9h7v6H8zM18 9h6v6h-6zM8 19h16v4H8z",
        prefix="/workshop",
    ),
    Example(
        tstrings,
        folder="tstrings",
        group="Building blocks",
        guide="t-strings",
        title="Bookshelf",
        blurb="A template string of Python 3.14: typed components, and rows that move without being sent again.",
        glyph="M6 5h5v22H6zM11 8h5v19h-5zM18 8l5-1 4 19-5 1z",
        prefix="/reading",
    ),
    Example(
        js_commands,
        folder="js_commands",
        group="Building blocks",
        guide="js-commands",
        title="JS commands",
        blurb="Dialog, tabs, details and focus in the browser alone, while the server patches the page.",
        glyph="M9 8l-6 8 6 8M23 8l6 8-6 8M19 6l-6 20",
        prefix="/js",
    ),
    Example(
        auth_db,
        folder="auth_db",
        group="Sign-in",
        guide="sign-in-security",
        title="Accounts",
        blurb=f"Accounts in a database: register, sign in, sign out devices. Administrator: admin, {DEMO_PASSWORD}.",
        glyph="M16 5a5 5 0 1 1 0 10a5 5 0 1 1 0-10M6 27c0-6 4-9 10-9s10 3 10 9",
        prefix="/accounts",
    ),
    Example(
        auth_oauth,
        folder="auth_oauth",
        group="Sign-in",
        guide="auth-providers",
        title="OpenID",
        blurb="Sign in with OpenID Connect, here at a demo provider: state, nonce and PKCE with Authlib.",
        glyph="M16 5l9 4v7c0 6-4 9-9 11-5-2-9-5-9-11V9zM12 16l3 3 6-6",
        prefix="/profile",
        calls_out=True,
    ),
    Example(
        auth_api_key,
        folder="auth_api_key",
        group="Sign-in",
        guide="auth-providers",
        title="API key",
        blurb="A status page protected by an API key: in a link, or as a bearer token.",
        glyph="M13 19a5 5 0 1 1 3-3l11 0v4h-3v-3h-3v3",
        prefix="/status",
        start="/?api_key=demo-key",
    ),
    Example(
        auth_spec,
        folder="auth_spec",
        group="Sign-in",
        guide="authentication",
        title="Dashboard",
        blurb="Sessions and sign-in, exactly as in the guide. User name and password: demo.",
        glyph="M8 14h16v12H8zM11 14v-4a5 5 0 0 1 10 0v4M16 19v3",
        prefix="",
        start="/dashboard",
    ),
)
"""In the order of the start page. The last one is mounted at the root, after all others."""
