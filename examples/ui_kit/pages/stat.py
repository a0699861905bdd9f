"""Stat."""

from examples.ui_kit.demo import About, DemoLiveView


class StatPage(DemoLiveView):
    about = About(
        title="Stat",
        group="Data",
        summary="A figure with its name and its change.",
        when=(
            "Use it at the top of a dashboard. `kind` says if a change is good or bad: fewer complaints are good.",
        ),
    )
