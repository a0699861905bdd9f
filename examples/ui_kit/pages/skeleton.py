"""Skeleton."""

from examples.ui_kit.demo import About, DemoLiveView


class SkeletonPage(DemoLiveView):
    about = About(
        title="Skeleton",
        group="Feedback",
        summary="Grey lines in the place of content that is being loaded.",
        when=(
            "Use it if you know the form of what comes, so that the page does not jump.",
            "A screen reader hears the label.",
        ),
    )
