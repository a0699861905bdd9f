"""What can be wrong with how components are placed or written."""


class DuplicateComponent(ValueError):
    """Two places of one page show a component of one class with one id. `places` are file and line of each."""

    def __init__(self, described: str, places: tuple[str, str]) -> None:
        first, second = places
        super().__init__(
            f"{described} stands in two places: {first} and {second}. Within a view a class and an id name one "
            "component, which can be in one place only: give each its own id"
        )
        self.places = places


class NotOneElement(ValueError):
    """A component's template is not one element: the browser could not find it again."""

    def __init__(self, component: type, template: str, statics: list[str]) -> None:
        shown = "{{ }}".join(statics).strip()
        super().__init__(
            f"{template}: the template of the live component {component.__qualname__} must be exactly one element, "
            "with nothing beside it and no condition around it. Put one around all of it, such as <div>...</div>. "
            f"It begins: {shown[:120]!r}"
        )


class TooManyComponents(RuntimeError):
    """A view has more components than it may have, or they go deeper than anybody can mean."""
