"""Empty state."""

from examples.ui_kit.demo import About, DemoLiveView


class EmptyStatePage(DemoLiveView):
    about = About(
        title="Empty state",
        group="Feedback",
        summary="What stands in the place of a list that has nothing to show.",
        when=("Say why there is nothing, and what the user can do about it.",),
    )
