"""Avatar."""

from examples.ui_kit.demo import About, DemoLiveView


class AvatarPage(DemoLiveView):
    about = About(
        title="Avatar",
        group="Text and pictures",
        summary="A person's picture, or the initials.",
        when=(
            "Use it beside a name, or with the name as its label.",
            "The initials show if there is no picture, or if it cannot be loaded.",
        ),
    )
