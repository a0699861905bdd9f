"""Icon."""

from examples.ui_kit.demo import About, DemoLiveView


class IconPage(DemoLiveView):
    about = About(
        title="Icon",
        group="Text and pictures",
        summary="A drawing from Lucide, in the size and colour of the text around it.",
        when=(
            "Use an icon beside a text to make it faster to find. Give an icon that stands alone a label.",
            "An unknown name is an error when the template compiles. The names are at lucide.dev.",
        ),
    )
