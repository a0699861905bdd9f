"""Card."""

from examples.ui_kit.demo import About, DemoLiveView


class CardPage(DemoLiveView):
    about = About(
        title="Card",
        group="Layout",
        summary="A frame around content, with a heading, actions and a footer.",
        when=("Use cards to separate things that stand side by side. One thing alone needs no card.",),
    )
