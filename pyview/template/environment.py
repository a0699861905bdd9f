"""The Jinja2 environment of live templates: standard syntax, compiled to text and to a change-tracked tree."""

import hashlib
import os
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final, cast

import jinja2
from jinja2 import BytecodeCache, nodes
from jinja2.bccache import Bucket
from jinja2.environment import TemplateModule
from jinja2.filters import do_attr
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader
from jinja2.runtime import Context
from jinja2.utils import pass_environment

from pyview.forms import Form, FormField, FormPart, named_field
from pyview.js.commands import JsCommands, js
from pyview.js.filters import FILTERS as JS_FILTERS
from pyview.stream import NoStreams
from pyview.template.compiler.calls import prepare
from pyview.template.compiler.generator import LiveCodeGenerator
from pyview.template.compiler.guards import GUARDS, guard_slots
from pyview.template.compiler.loops import KEY_FILTER
from pyview.template.compiler.purity import pure, pure_names
from pyview.template.component_tag import live_component, slots
from pyview.template.context import LazyNames, LiveContext, NameReader, present
from pyview.template.core.charts import FILTERS as CHART_FILTERS
from pyview.template.core.library import INDEX, LibraryModule, is_index, with_library
from pyview.template.core.plots import FILTERS as PLOT_FILTERS
from pyview.template.core.tags import FILTERS as UI_FILTERS
from pyview.template.ibis import advise, refuse
from pyview.template.sources import record_source
from pyview.template.tree.change import ChangeRule
from pyview.template.tree.runtime import GENERATION
from pyview.template.tstrings.compiled import CompiledTStrings
from pyview.uploads.markup import live_file_input, live_img_preview, upload_errors, upload_preview_tag

_UPLOAD_FUNCTIONS: Final = {
    function.__name__: function
    for function in (live_file_input, live_img_preview, upload_errors, upload_preview_tag)
}
_DICT_ATTRIBUTES: Final = frozenset(dir(dict))
_MOST_READY: Final = 400


class CompiledTemplate(jinja2.Template):
    """One template as Jinja2 loads it, with the tree functions that PyView's compiler adds."""

    @classmethod
    def _from_namespace(
        cls,
        environment: jinja2.Environment,
        namespace: MutableMapping[str, Any],
        globals: MutableMapping[str, Any],
    ) -> "CompiledTemplate":
        # The module of a template cannot know its environment, and its bytecode may come from a cache.
        rule = cast(LiveEnvironment, environment).change_rule
        for segment in namespace["segments"]:
            segment.rule = rule
        return cast(CompiledTemplate, super()._from_namespace(environment, namespace, globals))

    def new_context(
        self,
        vars: dict[str, Any] | None = None,
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,
    ) -> Context:
        if not isinstance(vars, LazyNames):
            return super().new_context(vars, shared, locals)
        names = vars.with_names(present(locals))
        behind = None if shared else self.globals
        return LiveContext(self.environment, names, self.name, self.blocks, behind=behind)

    def make_module(
        self,
        vars: dict[str, Any] | None = None,
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,
    ) -> TemplateModule:
        # What an import gets. The macros of the library read no names of the importing template.
        return LibraryModule(self) if is_index(self.filename) else super().make_module(vars, shared, locals)


class LiveEnvironment(jinja2.Environment):
    """Jinja2's environment, whose templates also render to a change-tracked tree.

    `change_rule` decides if a value is unchanged; see `register_immutable`.
    """

    code_generator_class = LiveCodeGenerator
    context_class = LiveContext
    template_class = CompiledTemplate

    def __init__(self, **options: Any) -> None:
        if options.get("enable_async"):
            raise ValueError(
                "live templates cannot be rendered with enable_async=True: the context of a view must not change during"
                " a render. Await values in mount or in a handler, and put them into the context"
            )
        # Jinja2 would use the given cache as it is; it is wrapped below.
        bytecode_cache = options.pop("bytecode_cache", None)
        loader = with_library(options.pop("loader", None))
        # Without the option, the application sets `auto_reload` by its mode.
        self.has_own_auto_reload = "auto_reload" in options
        super().__init__(**{"autoescape": True, "auto_reload": False, **options, "loader": loader})
        self.change_rule = ChangeRule()
        self.name_reader = NameReader()
        self.tstrings = CompiledTStrings(self.change_rule)
        # The bodies of function components that are Jinja2 templates, compiled with this environment's filters.
        self.component_templates: dict[Any, Any] = {}
        self.used_components: set[str] = set()
        """Names of the core components that the compiled templates use, without those of overlays."""
        self._ready: dict[tuple[Any, ...], jinja2.Template] = {}
        self.filters[KEY_FILTER] = keyed_by
        self.filters.update({name: pure(command) for name, command in JS_FILTERS.items()})
        self.filters.update(UI_FILTERS)
        self.filters.update(CHART_FILTERS)
        self.filters.update(PLOT_FILTERS)
        self.filters["attr"] = own_attribute
        self.filters.update(GUARDS)
        for part_of_form in (Form, FormPart, FormField):
            self.register_immutable(part_of_form)
        self.globals["js"] = js
        self.globals["streams"] = NoStreams()  # a view with streams puts its own `streams` before this one
        self.register_immutable(NoStreams)
        self.globals.update(_UPLOAD_FUNCTIONS)
        self.filters.update(_UPLOAD_FUNCTIONS)
        self.register_immutable(JsCommands, lambda chain: (str(chain),))
        for function in (live_component, slots):
            self.globals[function.__name__] = function
            self.register_pure(function)
        self.bytecode_cache = None if bytecode_cache is None else _GenerationCache(self, bytecode_cache)

    @property
    def has_field_rules(self) -> bool:
        """True for a subclass with rules of its own for `a.b` or `a["b"]`, which compiled templates must ask."""
        cls = type(self)
        own = cls.getattr is not LiveEnvironment.getattr or cls.getitem is not LiveEnvironment.getitem
        return own

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            tree = super()._parse(source, name, filename)
        except jinja2.TemplateSyntaxError as error:
            advise(error, source)
            raise
        self.used_components.update(prepare(tree, self, name, filename))
        guard_slots(tree)
        return tree

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        # Not in `_parse`: the converter and the checks parse templates whose filters are not registered.
        refuse(source, self.filters, name, filename)
        return super()._generate(source, name, filename, defer_init)

    def getattr(self, obj: Any, attribute: str) -> Any:
        # Jinja2 tries an attribute first. A plain dict has none but its methods, and the exception is expensive.
        cls = type(obj)
        if cls is dict and attribute not in _DICT_ATTRIBUTES:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        if cls is FormPart or cls is Form:
            # A model may have fields named `name`, `id` or `errors`, like the attributes of a form itself.
            field = named_field(obj, attribute)
            if field is not None:
                return field
        # The same as Jinja2's method: this runs for each dot of a template, and `super()` would double its time.
        try:
            return getattr(obj, attribute)
        except AttributeError:
            pass
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=attribute)

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> jinja2.Template:
        # Every render looks up its includes and parents. Without `auto_reload`, a dict is faster than Jinja2's cache.
        if self.auto_reload or globals or self.cache is None:
            return super().get_template(name, parent, globals)
        # Overlays from `beside` share this dict but not the loader. `join_path` may depend on the parent.
        key = (self.loader, name, parent)
        template = self._ready.get(key)
        if template is None:
            template = super().get_template(name, parent)
            if len(self._ready) < _MOST_READY:
                self._ready[key] = template
        return template

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> jinja2.Template:
        template = super()._load_template(name, globals)
        if self.auto_reload:
            record_source((self, name), template)
        return template

    def register_immutable(self, cls: type, parts: Callable[[Any], Iterable[Any]] | None = None) -> None:
        """Declare that objects of exactly `cls` are immutable, if the values in `parts(object)` are.

        For frozen classes that PyView does not recognise (it recognises frozen dataclasses, named tuples, enumerations
        and frozen pydantic models). Without `parts`, everything in such an object must be immutable.
        """
        self.change_rule.register(cls, parts)

    def register_pure(self, function: Callable[..., Any]) -> None:
        """Declare that the result of a function, in the context or among the globals, depends on its arguments only."""
        self.change_rule.register_pure(function)

    def context_for(
        self, template: jinja2.Template, assigns: Any, extras: Mapping[str, Any] | None
    ) -> Context:
        """Return the context of a render. `assigns` is the view's context; the names in `extras` take precedence."""
        names = self.name_reader.read(assigns, extras)
        # Jinja2 chains a template's own globals before those of the environment. To look names up in a chain
        # takes longer than to render a small page, and few templates have own ones.
        if own_globals(template):
            return template.new_context(names)
        return LiveContext(self, names, template.name, template.blocks, behind=self.globals)

    def beside(self, directory: str | os.PathLike[str]) -> "LiveEnvironment":
        """Return this environment for templates in a directory: files there are found before those of its loader."""
        # An overlay shares filters, globals and the cached facts about types with this environment.
        here = FileSystemLoader(directory)
        overlay: LiveEnvironment = self.overlay(
            loader=here if self.loader is None else ChoiceLoader([here, self.loader])
        )
        overlay.used_components = set()
        return overlay

    def load_components(self) -> None:
        """Load the core components that the compiled templates use. Otherwise the first page that shows one does so."""
        if self.used_components:
            index = self.get_template(INDEX).module
            # A copy: another thread may compile a template meanwhile.
            for name in tuple(self.used_components):
                with suppress(jinja2.TemplateError):  # the page that uses it shows the error
                    getattr(index, name)


def own_globals(template: jinja2.Template) -> Mapping[str, Any]:
    """Return the globals of a template besides those of its environment."""
    return template.globals.maps[0] if isinstance(template.globals, ChainMap) else template.globals


@pure
def keyed_by(items: Any, *_key: Any) -> Any:
    """Filter for the key of a loop: `{% for row in rows|keyed_by("id") %}`. A row that moves is not sent again.

    The key is a field of the row, its item of that number, or without an argument the row itself. The compiler reads
    the key from the template. The filter itself returns the rows, so that the template works without PyView too, if
    another environment registers a filter that does the same.
    """
    return items


@pure
@pass_environment
def own_attribute(environment: jinja2.Environment, obj: Any, name: str) -> Any:
    """Filter `attr` of Jinja2: an attribute of an object, never its item.

    For a part of a form, `part|attr("index")` is its own attribute, even if the model has a field of that name.
    """
    if isinstance(obj, FormPart | Form):
        return getattr(obj, name) if hasattr(obj, name) else environment.undefined(obj=obj, name=name)
    return do_attr(environment, obj, name)


def create_environment(loader: BaseLoader | None = None, **options: Any) -> LiveEnvironment:
    """Return a Jinja2 environment for live templates; `options` are those of `jinja2.Environment`.

    Autoescape is on by default. With `auto_reload=True`, the next render uses a changed file; each render checks the
    times of its files. Without this option, an application switches it on outside of production mode. Raises ValueError
    for `enable_async=True`.
    """
    return LiveEnvironment(**{**options, "loader": loader})


class _GenerationCache(BytecodeCache):
    """Wraps a bytecode cache, so that code of Jinja2 itself or of another version of the compiler is not used."""

    def __init__(self, environment: LiveEnvironment, cache: BytecodeCache) -> None:
        self._environment = environment
        self._cache = cache

    def get_source_checksum(self, source: str) -> str:
        names = sorted(
            name for name, value in self._environment.globals.items() if hasattr(value, "declaration")
        )
        # Generated code depends on all of these. Calls of components are checked only when a template
        # compiles, so code from the cache must have been compiled with the same components.
        environment = self._environment
        rules = f"{pure_names(environment)} {environment.finalize!r} {environment.has_field_rules}"
        mark = f"pyview {GENERATION} {rules} {names}"
        return hashlib.sha256(f"{mark}\n{source}".encode()).hexdigest()

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return self._cache.get_cache_key(name, filename)

    def load_bytecode(self, bucket: Bucket) -> None:
        self._cache.load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._cache.dump_bytecode(bucket)

    def clear(self) -> None:
        self._cache.clear()


__all__ = ["LiveContext", "LiveEnvironment", "create_environment", "keyed_by", "pure"]
