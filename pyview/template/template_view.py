"""TemplateView: a view whose page is a template string (PEP 750)."""

from typing import Any


class TemplateView:
    """A view with a method `template(assigns, meta)` that returns a template string, as in PyView 0.9::

        class CountView(TemplateView, LiveView[CountContext]):
            def template(self, assigns, meta):
                return t"<button phx-click='up'>{assigns['count']}</button>"

    The class adds nothing, because any `LiveView` may have that method. It exists for programs of PyView 0.9. `assigns`
    is the context, `meta` a `PyViewMeta`. The method is not a coroutine: it only shows values that handlers have put
    into the context.
    """

    def template(self, assigns: Any, meta: Any) -> Any:
        """Return the page as a template string."""
        raise NotImplementedError(f"{type(self).__qualname__} has no method template(assigns, meta)")
