"""Tooltip."""

from examples.ui_kit.demo import About, DemoLiveView


class TooltipPage(DemoLiveView):
    about = About(
        title="Tooltip",
        group="Overlays",
        summary="A short text beside an element that has the focus or the pointer on it.",
        pattern="tooltip",
        when=(
            "Use it for a hint that users can do without.",
            "It shows on focus, too, but not on a touch screen.",
            "It must not hold links or buttons.",
        ),
        keys=(("Escape", "Hides the tooltip."),),
    )
