"""Links that lead nowhere, that ask by a method which is not taken, and patches that leave their view."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from starlette.routing import BaseRoute, Route

from pyview.lint.call_links import links_of_calls
from pyview.lint.finding import Finding
from pyview.lint.handler_links import links_of_module
from pyview.lint.links import Link, links_of_elements
from pyview.lint.modules import Modules
from pyview.lint.owners import Owner
from pyview.lint.routes import described
from pyview.lint.site import Site, methods_of
from pyview.lint.sources import Source
from pyview.routing.routes import LiveRoute


def misleading_links(
    owners: Sequence[Owner], site: Site, routes: Sequence[BaseRoute], modules: Modules
) -> Iterator[Finding]:
    """Those of the templates and modules of `owners`, whose application has `routes`."""
    live = [route for route in routes if isinstance(route, LiveRoute)]
    if not site.is_known:
        return
    for link, classes in (*_in_templates(owners), *_in_modules(owners, modules)):
        takers = site.takers(link.address)
        wrong = _not_taken(link, takers, site)
        if wrong is not None:
            yield Finding(link.file, link.line, "unknown-link", f"{link.what}: {wrong}")
        elif link.patches:
            yield from _leaving(link, takers, _pages(classes, live))


def _in_templates(owners: Sequence[Owner]) -> Iterator[tuple[Link, list[type]]]:
    """Each with the classes that have its template."""
    found: dict[tuple[str, int], tuple[Source, list[type]]] = {}
    for owner in owners:
        for source in owner.sources:
            found.setdefault((source.file, source.first), (source, []))[1].append(owner.cls)
    for source, classes in found.values():
        for link in (*links_of_elements(source), *links_of_calls(source)):
            yield link, classes


def _in_modules(owners: Sequence[Owner], modules: Modules) -> Iterator[tuple[Link, list[type]]]:
    """Each with the classes that have its method."""
    for module in modules.of(owner.cls for owner in owners):
        for within, link in links_of_module(module):
            yield link, [owner.cls for owner in owners if _is_of(owner.cls, module.name, within)]


def _is_of(cls: type, module: str, name: str | None) -> bool:
    """Whether the class of that name is `cls`, or a base of it."""
    return any(base.__module__ == module and base.__qualname__ == name for base in cls.__mro__)


def _not_taken(link: Link, takers: Sequence[BaseRoute], site: Site) -> str | None:
    if not takers:
        others = [path for path in site.paths() if path != "/"]
        close = get_close_matches(str(link.address), others, n=1)
        return "no route takes it" + (f"; did you mean {close[0]!r}?" if close else "")
    taken = frozenset[str]().union(*map(methods_of, takers))
    if link.method is not None and link.method not in taken:
        return f"no route takes it by {link.method}, but by {' and '.join(sorted(taken - {'HEAD'}))}"
    return None


def _pages(classes: Sequence[type], live: Sequence[LiveRoute]) -> list[LiveRoute]:
    """The routes of all pages that have a link; none where it may be on others too, as those of a component are."""
    routes = [[route for route in live if route.view_class is cls] for cls in classes]
    return [route for some in routes for route in some] if all(routes) else []


def _leaving(link: Link, takers: Sequence[BaseRoute], pages: Sequence[LiveRoute]) -> Iterator[Finding]:
    asked = [route for route in takers if "GET" in methods_of(route)]
    if link.address.path is not None:
        del asked[1:]
    known = pages and asked and all(isinstance(route, Route) for route in asked)
    if known and not any(page.may_be_patched_to(route) for page in pages for route in asked):
        yield Finding(link.file, link.line, "patch-leaves-view", _why_leaving(link, asked[0], pages[0]))


def _why_leaving(link: Link, to: BaseRoute, page: LiveRoute) -> str:
    leads = f"{link.what} leads out of {page.view_class.__qualname__}, to {described(to)}"
    if link.raises:
        return f"{leads}, which raises: use push_navigate"
    return f"{leads}, so that the browser asks in vain, then navigates: navigate at once"
