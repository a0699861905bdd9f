"""Convert the tags of Ibis to those of Jinja2."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pyview.convert.expressions import Expressions
from pyview.convert.loops import Loop, Loops
from pyview.convert.pieces import Piece, split
from pyview.convert.report import Unconvertible
from pyview.convert.syntax import Binding, python_value, written

_FOR: Final = re.compile(r"(for\s+)(\w+(?:\s*,\s*\w+)*)(\s+in\s+)(.+)", re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"(\w+)(\s*=\s*)(.+)", re.DOTALL)
_BETWEEN_ASSIGNMENTS: Final = r"\s*&\s*|,\s*(?=\w+\s*=[^=])"
_DICT_METHODS: Final = ("items", "keys", "values")
_BLOCKS: Final = frozenset({"if", "with", "block", "trim", "macro", "call", "filter", "autoescape", "trans"})


@dataclass(slots=True)
class Block:
    """An open tag, and the tags that close it. `loop` is set in the body of a `for`; None in its `empty` branch."""

    keyword: str
    closing: list[str]
    loop: Loop | None = None


@dataclass
class Tags:
    """Converts the tags of one template, in order. Raises `Unconvertible`."""

    source: str
    is_jinja: bool
    remark: Callable[[str], None]
    blocks: list[Block] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)

    @property
    def expressions(self) -> Expressions:
        """The converter of expressions at the current position."""
        loops = tuple(block.loop for block in self.blocks if block.loop is not None)
        return Expressions(Loops(loops, self.source), self.is_jinja, self.remark)

    @property
    def within(self) -> str:
        """The keyword of the innermost open tag; "" if no tag is open."""
        return self.blocks[-1].keyword if self.blocks else ""

    def convert(self, piece: Piece, number: int) -> str:
        """Return the text that replaces a tag. `number` is the number of its piece."""
        keyword, inner = piece.keyword, piece.inner
        if keyword.startswith("end") and self.within == keyword[3:]:
            return _as_tags(piece, self.blocks.pop().closing)
        if keyword == "cycle":
            return "{{ " + self._cycle(inner) + " }}"
        closing = [f"end{keyword}"]
        try:
            tags = self._equivalent(keyword, inner)
            closing = [f"end{tag.split()[0]}" for tag in reversed(tags)]
        finally:  # a tag that cannot be converted stays, so it is open too
            self._open(keyword, inner, closing, number)
        return _as_tags(piece, tags)

    def _open(self, keyword: str, inner: str, closing: list[str], number: int) -> None:
        # The branch for no items runs outside of the loop, so `loop` there belongs to the loop around.
        if keyword in ("empty", "else") and self.within == "for":
            self.blocks[-1].loop = None
        elif keyword == "for":
            self.loops.append(Loop(number))
            self.blocks.append(Block(keyword, ["endfor"], self.loops[-1]))
        elif keyword in _BLOCKS or keyword == "spaceless" or (keyword == "set" and "=" not in inner):
            self.blocks.append(Block(keyword, closing))

    def _equivalent(self, keyword: str, inner: str) -> list[str]:
        """Return the contents of the tags that replace one tag."""
        match keyword:
            case "if" | "elif":
                return [_after(keyword, inner, self.expressions.condition)]
            case "for":
                return [self._for(inner)]
            case "empty":
                return [self._empty()]
            case "include":
                return self._include(inner)
            case "with":
                return self._withs(inner.removeprefix("with")) if inner != "with" else [inner]
            case "block":
                return [_block(inner)]
            case "trim":
                return ["filter trim"]
            case "":
                raise Unconvertible("the tag is empty, which Ibis does not accept either")
            case "spaceless":
                self.remark("Jinja2 keeps whitespace between elements, as connected pages of PyView 0.9 did")
                return []
        return [inner]

    def _for(self, inner: str) -> str:
        found = _FOR.fullmatch(inner)
        if found is None:
            return inner
        start, names, within, expression = found.groups()
        return f"{start}{names}{within}{self._iterated(expression, pairs=',' in names)}"

    def _iterated(self, expression: str, pairs: bool) -> str:
        code = self.expressions.value(expression).within(Binding.TEST)
        name, _, method = code.rpartition(".")
        # Without brackets Jinja2 does not call the method of a dict, and cannot loop over it.
        if not name or method not in _DICT_METHODS or self.is_jinja:
            return code
        if pairs and method == "items":
            self.remark(f"if {name} is a dict, PyView 0.9 showed none of its items here; {code}() shows them")
            return f"{code}()"
        self.remark(f"if {name} is a dict, write {code}()")
        return code

    def _empty(self) -> str:
        if self.within != "for":
            raise Unconvertible("expected empty directly in a loop, not inside another tag of the loop")
        return "else"

    def _include(self, inner: str) -> list[str]:
        file, *rest = split(inner.removeprefix("include"), r"\s+with\s+", most=1)
        if rest and rest[1].strip() == "context":
            return [inner]
        withs = self._withs(rest[1]) if rest else []
        return [*withs, f"include{self._file(file)}", *(["endwith"] * len(withs))]

    def _file(self, text: str) -> str:
        """Convert the file name of an `include`, and keep Jinja2's words after it, such as `ignore missing`."""
        found = re.fullmatch(r"(\s*)(.*?)(\s+ignore\s+missing.*|\s+without\s+context)?", text, re.DOTALL)
        return found[1] + self.expressions.value(found[2]).text + (found[3] or "") if found else text

    def _withs(self, text: str) -> list[str]:
        """Return the `with` tags for `a = b & c = d`.

        In Ibis a value may use an earlier name of the same tag. Jinja2 does not allow that, so a new tag begins there.
        """
        parts = split(text.strip(), _BETWEEN_ASSIGNMENTS)
        groups: list[dict[str, str]] = [{}]
        for separator, part in zip(["", *parts[1::2]], parts[::2], strict=True):
            name, assignment = self._assignment(part.strip())
            # With commas the tag is Jinja2 already, where all values are evaluated outside.
            if "&" in separator and any(re.search(rf"\b{used}\b", assignment) for used in groups[-1]):
                groups.append({})
            groups[-1][name] = assignment
        return [f"with {', '.join(group.values())}" for group in groups]

    def _assignment(self, text: str) -> tuple[str, str]:
        found = _ASSIGNMENT.fullmatch(text)
        if found is None:
            raise Unconvertible(f"expected name = value, got {text!r}")
        name, equals, value = found.groups()
        return name, f"{name}{equals}{self.expressions.value(value).text}"

    def _cycle(self, inner: str) -> str:
        arguments = self._cycled(inner.removeprefix("cycle").strip())
        if not self.expressions.loops.enclosing:
            raise Unconvertible(
                f"cycle is not in a loop of this file. Write {{{{ loop.cycle({arguments}) }}}} in its loop"
            )
        if len(self.expressions.loops.enclosing) > 1:
            self.remark("loop.cycle starts again with each run of the inner loop; cycle continued")
        if self.within != "for":
            self.remark(
                "loop.cycle counts every item of the loop; cycle counted only items for which its tag was rendered"
            )
        return f"loop.cycle({arguments})"

    def _cycled(self, text: str) -> str:
        if not text:
            raise Unconvertible("expected values after cycle")
        try:
            values = python_value(text)
        except ValueError:
            return f"*{self.expressions.value(text).within(Binding.TEST)}"
        if not hasattr(values, "__iter__"):
            raise Unconvertible(f"expected a list of values after cycle, got {values!r}")
        if any(character in str(value) for value in values for character in "<>&\"'"):
            self.remark("cycle did not escape its values; Jinja2 does, unless | safe follows")
        return ", ".join(map(written, values))


def _as_tags(piece: Piece, tags: list[str]) -> str:
    """Return the tags as text: the first with the delimiters of the piece, the others after it."""
    return "".join([piece.with_inner(each) for each in tags[:1]] + [f"{{% {each} %}}" for each in tags[1:]])


def _after(keyword: str, inner: str, convert: Callable[[str], str]) -> str:
    """Return the tag with the text after its keyword converted."""
    found = re.fullmatch(rf"({keyword}\s*)(.+)", inner, re.DOTALL)
    return found[1] + convert(found[2]) if found else inner


def _block(inner: str) -> str:
    if not re.fullmatch(r"block\s+\w+(\s+(scoped|required))*", inner):
        raise Unconvertible(
            "a block name must be one word in Jinja2; rename the block in every file that has it"
        )
    return inner
