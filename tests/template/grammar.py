"""Random templates over the data of `random_assigns`."""

import random
from collections.abc import Callable

SCALARS = [
    "title",
    "count",
    "price",
    "flag",
    "nothing",
    "cond",
    "user.name",
    "user.age",
    "user['admin']",
    "account.name",
]
MORE = [
    "account.label",
    "account.balance",
    "pair[1]",
    "nope",
    "which",
    "user.nope",
    "names|length",
    "rows|length",
]
ROWS = [
    "rows",
    "items",
    "cards",
    "plains",
    "models",
    "frozen_models",
    "mixed",
    "groups[0].rows",
    "table.values()",
]
FIELDS = ["id", "name", "price", "qty", "tags", "nope"]
TEXT_FILTERS = ["upper", "e", "string", "default('d')", "trim", "safe", "forceescape", "length", "impure"]
TESTS = ["defined", "none", "string", "number", "odd_or_not", "mapping", "sameas none"]
TEXTS = ["<p>", "</p>", "<b>x</b>", " a ", "\n  ", "<i class='", "'>", "</i>", "&amp;", "-"]
LOOP = [
    "index",
    "index0",
    "first",
    "last",
    "length",
    "revindex",
    "depth",
    "cycle('x', 'y', 'z')",
    "changed(nothing)",
]


class Scope:
    """The names that a part of a template may use."""

    def __init__(self, outer: "Scope | None" = None) -> None:
        self.scalars: list[str] = list(outer.scalars) if outer else SCALARS + MORE
        self.rows: list[str] = list(outer.rows) if outer else []
        self.macros: list[str] = list(outer.macros) if outer else []
        self.lists: list[str] = list(outer.lists) if outer else []
        self.namespaces: list[str] = list(outer.namespaces) if outer else []
        self.loop: bool = outer.loop if outer else False
        self.captured: bool = outer.captured if outer else False


def captured(outer: Scope) -> Scope:
    """Return a scope whose output Jinja2 captures. It omits constructs with which Jinja2 itself has errors there."""
    scope = Scope(outer)
    scope.captured = True
    return scope


class Grammar:
    """Writes one template and the files that go with it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.files: dict[str, str] = {}
        self.unfinished: set[str] = set()
        self.names = 0
        self.statements: list[tuple[int, Callable[[Scope, int], str]]] = [
            (6, self.text),
            (10, self.output),
            (5, self.branch),
            (6, self.loop),
            (4, self.assign),
            (1, self.assign_block),
            (2, self.with_),
            (2, self.macro),
            (3, self.call),
            (2, self.call_block),
            (1, self.filter_block),
            (1, self.autoescape),
            (1, self.namespace),
            (1, self.collect),
            (2, self.include),
            (1, self.import_),
            (1, self.do),
        ]

    def template(self) -> dict[str, str]:
        kind = self.rng.random()
        if kind < 0.75:
            self.files["main.html"] = self.body(Scope(), 3)
        else:
            self.child()
        return self.files

    def child(self) -> None:
        def block(name: str, within: str) -> str:
            scoped = self.rng.choice([" scoped", ""])
            return f"{{% block {name}{scoped} %}}{within}{{% endblock %}}"

        base = Scope()
        parts = [block(name, self.body(Scope(), 1)) for name in "ab"]
        if self.rng.random() < 0.4:
            parts.append(
                f"{{% for row in rows|keyed_by('id') %}}{block('c', '{{ row.name }}')}{{% endfor %}}"
            )
        self.files["base.html"] = self.body(base, 1) + self.text(base, 0).join(parts) + self.body(base, 1)
        before = self.body(Scope(), 1) if self.rng.random() < 0.2 else ""
        sets = "".join(self.assign(Scope(), 1) for _ in range(self.rng.randint(0, 2)))
        inner = [self.body(Scope(), 2) + self.rng.choice(["", "{{ super() }}", "{{ v1 }}"]) for _ in "abc"]
        blocks = [
            block(name, body) for name, body in zip("abc", inner, strict=True) if self.rng.random() < 0.7
        ]
        self.files["main.html"] = f"{before}{{% extends 'base.html' %}}{sets}{''.join(blocks)}"

    # -- statements

    def body(self, scope: Scope, depth: int) -> str:
        weights, makers = zip(*self.statements, strict=True)
        count = self.rng.randint(1, 4)
        return "".join(make(scope, depth - 1) for make in self.rng.choices(makers, weights, k=count))

    def nested(self, scope: Scope, depth: int) -> str:
        return self.output(scope, 0) if depth <= 0 else self.body(scope, depth)

    def text(self, scope: Scope, depth: int) -> str:
        return self.rng.choice(TEXTS)

    def output(self, scope: Scope, depth: int) -> str:
        return f"{{{{ {self.expression(scope)} }}}}"

    def branch(self, scope: Scope, depth: int) -> str:
        parts = [f"{{% if {self.test(scope)} %}}{self.nested(scope, depth)}"]
        if self.rng.random() < 0.3:
            parts.append(f"{{% elif {self.test(scope)} %}}{self.nested(scope, depth)}")
        if self.rng.random() < 0.5:
            parts.append(f"{{% else %}}{self.nested(scope, depth)}")
        return "".join(parts) + "{% endif %}"

    def loop(self, scope: Scope, depth: int) -> str:
        jump = self.rng.choice(["break", "continue"]) if self.rng.random() < 0.05 else ""
        inner = captured(scope) if jump else Scope(scope)
        name = self.name()
        inner.loop = True
        kind = self.rng.random()
        if kind < 0.65:
            inner.rows.append(name)
            iterable = self.rng.choice(ROWS)
            key = self.rng.choice(["", "|keyed_by('id')", "|keyed_by('name')"])
        else:
            inner.scalars.append(name)
            # A copy: a loop over a list that its body appends to would not end.
            copies = [f"{each}[:]" for each in scope.lists]
            iterable = self.rng.choice(["names", "pair", "range(count|int)", "title", *copies])
            # Rows of a list that the template made may be lists, which cannot be keys.
            key = "" if iterable in copies else self.rng.choice(["", "|keyed_by"])
        test = f" if {self.test(inner)}" if self.rng.random() < 0.15 else ""
        inner.loop = not test
        body = self.nested(inner, depth)
        if jump:
            body += f"{{% if {self.test(inner)} %}}{{% {jump} %}}{{% endif %}}"
        otherwise = f"{{% else %}}{self.nested(scope, depth)}" if self.rng.random() < 0.2 else ""
        return f"{{% for {name} in {iterable}{key}{test} %}}{body}{otherwise}{{% endfor %}}"

    def assign(self, scope: Scope, depth: int) -> str:
        known = [name for name in scope.scalars if name[0] == "v"]
        name = self.rng.choice(known) if known and self.rng.random() < 0.4 else self.name()
        value = self.expression(scope)
        scope.scalars.append(name)
        return f"{{% set {name} = {value} %}}"

    def assign_block(self, scope: Scope, depth: int) -> str:
        name = self.name()
        body = self.nested(captured(scope), depth)
        scope.scalars.append(name)
        return f"{{% set {name} %}}{body}{{% endset %}}"

    def with_(self, scope: Scope, depth: int) -> str:
        inner, name = Scope(scope), self.name()
        inner.scalars.append(name)
        return f"{{% with {name} = {self.expression(scope)} %}}{self.nested(inner, depth)}{{% endwith %}}"

    def macro(self, scope: Scope, depth: int) -> str:
        name = (
            f"m{self.name()}"
            if self.rng.random() < 0.8 or not scope.macros
            else self.rng.choice(scope.macros)
        )
        inner = captured(scope)
        inner.loop = False
        if name in scope.macros:  # the others may call it by its name
            inner.macros = []
        default = self.expression(Scope(scope))
        inner.scalars += ["p", "q"]
        body = self.nested(inner, depth)
        extra = self.rng.choice(
            ["", "{{ varargs|join }}", "{{ caller(p) if caller }}", "{{ caller() if caller }}"]
        )
        scope.macros.append(name)
        return f"{{% macro {name}(p, q={default}) %}}{body}{extra}{{% endmacro %}}"

    def call(self, scope: Scope, depth: int) -> str:
        if not scope.macros:
            return self.output(scope, depth)
        call = f"{self.rng.choice(scope.macros)}({self.arguments(scope)})"
        return f"{{{{ {call}{self.rng.choice(['', '', '|upper', ' ~ title'])} }}}}"

    def call_block(self, scope: Scope, depth: int) -> str:
        if not scope.macros:
            return self.output(scope, depth)
        inner = captured(scope)
        inner.loop = False
        parameter = self.rng.choice(["", "(c)"])
        if parameter:
            inner.scalars.append("c")
        target = f"{self.rng.choice(scope.macros)}({self.arguments(scope)})"
        return f"{{% call{parameter} {target} %}}{self.nested(inner, depth)}{{% endcall %}}"

    def filter_block(self, scope: Scope, depth: int) -> str:
        body = self.nested(captured(scope), depth)
        return f"{{% filter {self.rng.choice(['upper', 'trim'])} %}}{body}{{% endfilter %}}"

    def autoescape(self, scope: Scope, depth: int) -> str:
        switch = self.rng.choice(["true", "false", "false", "flag"])
        return f"{{% autoescape {switch} %}}{self.nested(Scope(scope), depth)}{{% endautoescape %}}"

    def namespace(self, scope: Scope, depth: int) -> str:
        name = f"n{self.name()}"
        made = f"{{% set {name} = namespace(a={self.expression(scope)}) %}}"
        scope.namespaces.append(name)
        scope.scalars.append(f"{name}.a")
        return made

    def collect(self, scope: Scope, depth: int) -> str:
        name = f"l{self.name()}"
        made = f"{{% set {name} = [{self.expression(scope)}] %}}"
        scope.lists.append(name)
        scope.scalars.append(f"{name}|length")
        return made

    def do(self, scope: Scope, depth: int) -> str:
        if scope.namespaces and self.rng.random() < 0.6:
            return f"{{% set {self.rng.choice(scope.namespaces)}.a = {self.expression(scope)} %}}"
        if scope.lists:
            return f"{{% do {self.rng.choice(scope.lists)}.append({self.expression(scope)}) %}}"
        return self.output(scope, depth)

    def include(self, scope: Scope, depth: int) -> str:
        name = f"part{self.rng.randint(1, 2)}.html"
        if name in self.unfinished:  # it would include itself, and twice as often at each level
            return self.output(scope, depth)
        if name not in self.files:
            self.unfinished.add(name)
            self.files[name] = self.nested(Scope(), min(depth, 1)) + "{{ row.name if row }}{{ v1 }}{{ v2 }}"
            self.unfinished.remove(name)
        context = self.rng.choice(["", "" if scope.captured else " without context"])
        return f"{{% include '{name}'{context} %}}"

    def import_(self, scope: Scope, depth: int) -> str:
        if "macros.html" in self.unfinished:
            return self.output(scope, depth)
        if "macros.html" not in self.files:
            self.unfinished.add("macros.html")
            inner = captured(Scope())
            inner.scalars = [*inner.scalars, "p", "q"]
            other = "{% macro other(p) %}({{ p }}{{ caller() if caller }}){% endmacro %}"
            body = self.nested(inner, min(depth, 1))
            self.files["macros.html"] = (
                f"{other}{{% macro imp(p, q=1) %}}{body}{{{{ other(q) }}}}{{% endmacro %}}"
            )
            self.unfinished.remove("macros.html")
        scope.macros += ["imp", "lib.other"]
        context = self.rng.choice(["", "", " with context"])
        return f"{{% import 'macros.html' as lib{context} %}}{{% from 'macros.html' import imp{context} %}}"

    # -- expressions

    def name(self) -> str:
        self.names = self.names % 5 + 1
        return f"v{self.names}"

    def arguments(self, scope: Scope) -> str:
        parts = [self.expression(scope)]
        if self.rng.random() < 0.3:
            parts.append(f"q={self.expression(scope)}")
        return ", ".join(parts)

    def atom(self, scope: Scope) -> str:
        kind = self.rng.random()
        if scope.rows and kind < 0.45:
            row = self.rng.choice(scope.rows[-2:])
            if self.rng.random() < 0.08:
                return row
            field = self.rng.choice(FIELDS)
            return f"{row}.{field}" if self.rng.random() < 0.8 else f"{row}.name|string"
        if scope.loop and kind < 0.55:
            return f"loop.{self.rng.choice(LOOP)}"
        if kind < 0.95:
            return self.rng.choice(scope.scalars)
        return self.rng.choice(
            ["1", "'c'", "[title, 1]", "{'k': count}", "user", "names", "account", "impure()"]
        )

    def expression(self, scope: Scope) -> str:
        kind = self.rng.random()
        one = self.atom(scope)
        if kind < 0.6:
            return one
        if kind < 0.75:
            return f"({one})|{self.rng.choice(TEXT_FILTERS)}"
        if kind < 0.85:
            return f"({one} ~ {self.atom(scope)})"
        if kind < 0.95:
            return f"({one} if {self.test(scope)} else {self.atom(scope)})"
        return f"({one} or {self.atom(scope)})"

    def test(self, scope: Scope) -> str:
        one = self.atom(scope)
        kind = self.rng.random()
        if kind < 0.6:
            return one
        if kind < 0.75:
            return f"({one} is {self.rng.choice(TESTS)})"
        return f"({one} == {self.atom(scope)})" if kind < 0.9 else f"not ({one})"
