"""Ibis templates, their Jinja2 equivalents, and the pages that Ibis rendered."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

NAMES: dict[str, Any] = {
    "a": 0,
    "b": 1,
    "c": "see",
    "d": {"one": 1, "two": 2},
    "day": datetime(2026, 1, 31, 14, 5),
    "empty": [],
    "flag": True,
    "n": 6,
    "pairs": [("x", 1), ("y", 2)],
    "rows": [["p", "q"], ["r", "s"], ["t"]],
    "text": "the quick brown fox <jumps>",
    "user": SimpleNamespace(name="ada lovelace", tags=["x", "y"], greet=lambda word: f"{word}!"),
    "xs": ["k", "l", "m"],
}

# Ibis, Jinja2, the page that Ibis makes with NAMES.
CASES: list[tuple[str, str, str]] = [
    # loops
    (
        "{% for x in empty %}{{ x }}{% empty %}none{% endfor %}",
        "{% for x in empty %}{{ x }}{% else %}none{% endfor %}",
        "none",
    ),
    (
        "{% for x in xs %}{{loop.index}}{{loop.count}}{{ loop.length }}{{ loop.is_first }}{{loop.is_last}}"
        " {% endfor %}",
        "{% for x in xs %}{{loop.index0}}{{loop.index}}{{ loop.length }}{{ loop.first }}{{loop.last}} {% endfor %}",
        "013TrueFalse 123FalseFalse 233FalseTrue ",
    ),
    (
        "{% for row in rows %}{% for x in row %}{{ loop.parent.count }}{{ loop.count }}{{ x }} {% endfor %}"
        "{% endfor %}",
        "{% for row in rows %}{% set outer_loop = loop %}{% for x in row %}{{ outer_loop.index }}{{ loop.index }}"
        "{{ x }} {% endfor %}{% endfor %}",
        "11p 12q 21r 22s 31t ",
    ),
    (
        "{% for row in rows %}{% for x in row %}{% for y in xs %}{% if loop.parent.parent.is_last && loop.is_first %}"
        "{{ loop.parent.parent.count }}{{ y }}{% endif %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for row in rows %}{% set outer_loop = loop %}{% for x in row %}{% for y in xs %}"
        "{% if outer_loop.last and loop.first %}{{ outer_loop.index }}{{ y }}{% endif %}{% endfor %}{% endfor %}"
        "{% endfor %}",
        "3k",
    ),
    (
        "{% for row in rows %}{% for x in row %}{{ loop.parent.index }}{% for y in row %}{{ loop.parent.is_last }} "
        "{% endfor %}{% endfor %}{% endfor %}",
        "{% for row in rows %}{% set outer_loop = loop %}{% for x in row %}{% set outer_loop_2 = loop %}"
        "{{ outer_loop.index0 }}{% for y in row %}{{ outer_loop_2.last }} {% endfor %}{% endfor %}{% endfor %}",
        "0False False 0True True 1False False 1True True 2True ",
    ),
    (
        "{% for x in xs %}{% cycle 'odd', 'even' %} {% endfor %}",
        "{% for x in xs %}{{ loop.cycle('odd', 'even') }} {% endfor %}",
        "odd even odd ",
    ),
    (
        "{% for x in rows %}{% cycle xs %} {% endfor %}",
        "{% for x in rows %}{{ loop.cycle(*xs) }} {% endfor %}",
        "k l m ",
    ),
    ("{% for x in xs|reversed %}{{ x }}{% endfor %}", "{% for x in xs|reverse %}{{ x }}{% endfor %}", "mlk"),
    ("{% for x in xs | slice(1, 3) %}{{ x }}{% endfor %}", "{% for x in xs[1:3] %}{{ x }}{% endfor %}", "lm"),
    ("{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}",) * 2 + ("one1two2",),
    ("{% for x in 'a', 'b' %}{{ x }}{% endfor %}", "{% for x in ('a', 'b') %}{{ x }}{% endfor %}", "ab"),
    # printing
    ("{{ a || b }}{{ a or c or b }}", "{{ a or b }}{{ a or c or b }}", "1see"),
    ("{{ a ?? b :: c }}{{flag??b::c}}", "{{ b if a else c }}{{b if flag else c}}", "see1"),
    ("{{ a|default(1) ?? 'yes' :: 'no' }}", "{{ 'yes' if a | default(1, true) else 'no' }}", "yes"),
    ("{{ n|even ?? d|is_defined :: n|odd }}", "{{ (d is defined) if (n is even) else (n is odd) }}", "True"),
    (
        "{% if n|even in xs %}y{% else %}n{% endif %}",
        "{% if (n is even) in xs %}y{% else %}n{% endif %}",
        "n",
    ),
    (
        "{% if text|teaser('the') %}y{% else %}n{% endif %}",
        "{% if (text.partition('the')[0] if 'the' in text else '') %}y{% else %}n{% endif %}",
        "n",
    ),
    (
        "{% for x in c|truncatewords(9) %}{{ x }}.{% endfor %}",
        "{% for x in (c.split()[:9] | join(' ') ~ (' [...]' if c.split() | length > 9 else '')) %}{{ x }}.{% endfor %}",
        "s.e.e.",
    ),
    ("{$ {'k': 1}|len $}", "{{ {'k': 1}|length }}", "1"),
    ("{$ c $}{{-1}}{{ nothing }}", "{{ c }}{{ -1}}{{ nothing }}", "see-1"),
    ("{{ user.name.0|upper }}{{ user.tags.1 }}",) * 2 + ("Ay",),
    ("{{ user.greet('hi') }}{{ d.get(\"one\", 0) }}",) * 2 + ("hi!1",),
    ("{{ text }}{{ '{% for %} {{ | ?? or' }}",) * 2
    + ("the quick brown fox &lt;jumps&gt;{% for %} {{ | ?? or",),
    ("{{ r'\\d' }}{{ 'a' 'b' }}", "{{ '\\\\d' }}{{ 'a' 'b' }}", "\\dab"),
    # conditions
    ("{% if a && b || c %}y{% else %}n{% endif %}", "{% if a and b or c %}y{% else %}n{% endif %}", "y"),
    (
        "{% if not a == b and xs|len > 2 %}y{% elif a||b %}z{% endif %}",
        "{% if not a == b and xs|length > 2 %}y{% elif a or b %}z{% endif %}",
        "y",
    ),
    ("{% if c in 'see', 'saw' %}y{% endif %}", "{% if c in ('see', 'saw') %}y{% endif %}", "y"),
    ("{% if 'x' not in xs %}y{% endif %}",) * 2 + ("y",),
    ("{%if not n|even%}y{%else%}n{%endif%}", "{%if not n is even%}y{%else%}n{%endif%}", "n"),
    ('{% if "a || b" == c %}y{% endif %}',) * 2 + ("",),
    # filters
    ("{{ xs|len }}{{ d | len }}", "{{ xs|length }}{{ d | length }}", "32"),
    ("{{ day|dtformat('%d.%m. %H:%M') }}", "{{ day.strftime('%d.%m. %H:%M') }}", "31.01. 14:05"),
    ("{{ day|dtformat }}", "{{ day.strftime('%Y-%m-%d %H:%M') }}", "2026-01-31 14:05"),
    (
        "{{ a|default('none') }}{{ c|default('x') }}",
        "{{ a | default('none', true) }}{{ c | default('x', true) }}",
        "nonesee",
    ),
    (
        "{{ nothing|if_undefined('x') }}{{ a|if_undefined('x') }}",
        "{{ nothing|default('x') }}{{ a|default('x') }}",
        "x0",
    ),
    ("{{ nothing|default('ab')|slice(1) }}", "{{ (nothing | default('ab', true))[1:] }}", "b"),
    (
        "{{ c|truncatechars(15) }}{{ text|truncatechars(12) }}",
        "{{ c | truncate(15, true, '...', 0) }}{{ text | truncate(12, true, '...', 0) }}",
        "seethe quick...",
    ),
    (
        "{{ text|truncatewords(2) }}{{ text|truncatewords(9, '') }}",
        "{{ text.split()[:2] | join(' ') ~ (' [...]' if text.split() | length > 2 else '') }}"
        "{{ text.split()[:9] | join(' ') ~ ('' if text.split() | length > 9 else '') }}",
        "the quick [...]the quick brown fox &lt;jumps&gt;",
    ),
    ("{{ c|slice(0, 1) }}{{ xs|slice(1)|join }}", "{{ c[0:1] }}{{ xs[1:]|join }}", "slm"),
    (
        "{{ xs|index(1) }}{{ xs|first }}{{ xs|last }}{{ xs|join(', ') }}",
        "{{ xs[1] }}{{ xs|first }}{{ xs|last }}{{ xs|join(', ') }}",
        "lkmk, l, m",
    ),
    (
        "{{ n|divisible_by(3) }}{{ n|even }}{{ n|odd }}",
        "{{ n is divisibleby(3) }}{{ n is even }}{{ n is odd }}",
        "TrueTrueFalse",
    ),
    (
        "{{ c|startswith('s') }}{{ c|endswith('s') }}",
        "{{ c.startswith('s') }}{{ c.endswith('s') }}",
        "TrueFalse",
    ),
    ("{{ n|even|str|upper }}", "{{ (n is even)|string|upper }}", "TRUE"),
    (
        "{{ c|repr }}{{ c|upper }}{{ 'ABC'|lower }}",
        "{{ '%r' | format(c) }}{{ c|upper }}{{ 'ABC'|lower }}",
        "&#39;see&#39;SEEabc",
    ),
    (
        "{{ text|teaser(' brown') }}",
        "{{ text.partition(' brown')[0] if ' brown' in text else '' }}",
        "the quick",
    ),
    ("{{ user.name|title }}{{ c|titlecase }}", "{{ user.name|title }}{{ c|title }}", "Ada LovelaceSee"),
    (
        "{{ is_defined('user.name') }}{{ nothing|is_defined }}{% if not is_defined('no.name') %}!{% endif %}",
        "{{ user is defined and user.name is defined }}{{ nothing is defined }}"
        "{% if not (no is defined and no.name is defined) %}!{% endif %}",
        "TrueFalse!",
    ),
    # other tags
    ("{% with x=c|upper %}{{ x }}{% endwith %}",) * 2 + ("SEE",),
    (
        "{% with x = c & y=x|upper & z=b %}{{ x }}{{ y }}{{ z }}{% endwith %}!",
        "{% with x = c %}{% with y=x|upper, z=b %}{{ x }}{{ y }}{{ z }}{% endwith %}{% endwith %}!",
        "seeSEE1!",
    ),
    ('{% include "part" %}!',) * 2 + ("[see]!",),
    (
        '{% include "part" with c=xs|len & d=c %}{{ c }}',
        '{% with c=xs|length %}{% with d=c %}{% include "part" %}{% endwith %}{% endwith %}{{ c }}',
        "[3]see",
    ),
    (
        "{% include 'part' with c=b & a='x, y=z' %}",
        "{% with c=b, a='x, y=z' %}{% include 'part' %}{% endwith %}",
        "[1]",
    ),
    ("{% trim %} {{ c }} {% endtrim %}!", "{% filter trim %} {{ c }} {% endfilter %}!", "see!"),
    ('{% extends "layout" %}{% block body %}{{ c }}{{ super() }}{% endblock %}',) * 2 + ("<see-old>",),
    ("{# {% cycle a %} {{ a || b }} #}{% block x %}{{ c }}{% endblock %}",) * 2 + ("see",),
]

FILES = {"part": "[{{ c }}]", "layout": "<{% block body %}-old{% endblock %}>"}
