"""Badge."""

from examples.ui_kit.demo import About, DemoLiveView


class BadgePage(DemoLiveView):
    about = About(
        title="Badge",
        group="Text and pictures",
        summary="A short text in a colour, such as a state or a number.",
        when=("Use it for the state of a thing. The text says it too, for users who do not see the colour.",),
    )
