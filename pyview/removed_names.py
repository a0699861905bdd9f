"""Names of PyView 0.9 that are gone, and what to use instead."""

from typing import Final

_MORE: Final = "; see docs/from-pyview.md"

# Modules, names in modules, attributes of `PyView`.
REPLACEMENTS: Final = {
    "pyview.vendor": "PyView's templates are Jinja2 now: `pyview convert FOLDER` converts those of Ibis. Instead of"
    " filters.register, add the filter to create_environment().filters; instead of ibis.loader, give the environment or"
    ' a loader to PyView(templates=FileSystemLoader("views"))',
    "pyview.instrumentation": "spans and metrics are those of OpenTelemetry: install pyview-live[telemetry], and see"
    " PyView(telemetry=...)",
    "pyview.template.context_processor": "each application has its own: PyView(context_processors=[function])",
    "pyview.template.template_file": 'write template_file = "page.html" in the view\'s class, or make'
    ' LiveTemplate.from_file("page.html") once',
    "pyview.template.find_associated_file": "PyView finds the files beside a view by itself; another one is"
    ' template_file = "page.html" in the view\'s class',
    "pyview.template.find_associated_css": "PyView finds the style sheet beside a view by itself",
    "pyview.live_socket.pub_sub_hub": "broadcasts are those of one application: `await app.pubsub.broadcast(topic,"
    " message)`. Code without an application makes hub = pubsub_from_environment() of pyview.pubsub, and gives it to"
    " PyView(pubsub=hub)",
    "PyView.live_handler": "there is no scheduler of the application: start a task of your own in its lifespan",
    "PyView.view_lookup": "use app.live_routes",
    "PyView.instrumentation": "spans and metrics are those of OpenTelemetry, see PyView(telemetry=...)",
}


def gone_module(module: str) -> ImportError:
    """Return the error of importing a module of PyView 0.9."""
    return ImportError(f"{module} of PyView 0.9 is gone: {REPLACEMENTS[module]}{_MORE}", name=module)


def missing_name(module: str, name: str) -> Exception:
    """Return the error of asking a module for a name that it does not have.

    It is an ImportError for names of PyView 0.9: of an AttributeError, `from module import name` drops the text.
    """
    former = f"{module}.{name}"
    if former in REPLACEMENTS:
        return ImportError(f"{former} of PyView 0.9 is gone: {REPLACEMENTS[former]}{_MORE}", name=module)
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def missing_attribute(owner: object, name: str) -> AttributeError:
    """Return the error of asking a PyView for an attribute that it does not have."""
    kind = type(owner).__name__
    former = REPLACEMENTS.get(f"PyView.{name}")
    reason = "" if former is None else f", as that of PyView 0.9 had: {former}{_MORE}"
    return AttributeError(f"{kind!r} object has no attribute {name!r}{reason}", name=name, obj=owner)
