"""Names of PyView 0.9 that were removed, with their replacements."""

from typing import Final

_MORE: Final = "; see docs/from-pyview.md"

# Modules, names in modules, attributes of `PyView`.
REPLACEMENTS: Final = {
    "pyview.vendor": "PyView's templates are Jinja2 now: `pyview convert FOLDER` converts those of Ibis. Instead of"
    " filters.register, add the filter to create_environment().filters; instead of ibis.loader, give the environment or"
    ' a loader to PyView(templates=FileSystemLoader("views"))',
    "pyview.instrumentation": "PyView has OpenTelemetry spans and metrics: install pyview-live[telemetry], and see"
    " PyView(telemetry=...)",
    "pyview.template.context_processor": "pass functions to the application: PyView(context_processors=[function])",
    "pyview.template.template_file": 'write template_file = "page.html" in the view\'s class, or make'
    ' LiveTemplate.from_file("page.html") once',
    "pyview.template.find_associated_file": "PyView finds the files beside a view by itself; for another file write"
    ' template_file = "page.html" in the view\'s class',
    "pyview.template.find_associated_css": "PyView finds the style sheet beside a view by itself",
    "pyview.live_socket.pub_sub_hub": "broadcasts belong to an application: `await app.pubsub.broadcast(topic,"
    " message)`. Without an application, create hub = pubsub_from_environment() from pyview.pubsub, and pass it to"
    " PyView(pubsub=hub)",
    "PyView.live_handler": "the application has no scheduler: start a task in its lifespan",
    "PyView.view_lookup": "use app.live_routes",
    "PyView.instrumentation": "PyView has OpenTelemetry spans and metrics, see PyView(telemetry=...)",
}


def gone_module(module: str) -> ImportError:
    """Return the error for the import of a module of PyView 0.9."""
    return ImportError(f"{module} of PyView 0.9 is gone: {REPLACEMENTS[module]}{_MORE}", name=module)


def missing_name(module: str, name: str) -> Exception:
    """Return the error for a name that a module does not have.

    For names of PyView 0.9 it is an ImportError: `from module import name` drops the text of an AttributeError.
    """
    former = f"{module}.{name}"
    if former in REPLACEMENTS:
        return ImportError(f"{former} of PyView 0.9 is gone: {REPLACEMENTS[former]}{_MORE}", name=module)
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def missing_attribute(owner: object, name: str) -> AttributeError:
    """Return the error for an attribute that a PyView does not have."""
    kind = type(owner).__name__
    former = REPLACEMENTS.get(f"PyView.{name}")
    reason = "" if former is None else f", as that of PyView 0.9 had: {former}{_MORE}"
    return AttributeError(f"{kind!r} object has no attribute {name!r}{reason}", name=name, obj=owner)
