"""Description list."""

from examples.ui_kit.demo import About, DemoLiveView


class DescriptionListPage(DemoLiveView):
    about = About(
        title="Description list",
        group="Data",
        summary="Names with their values.",
        when=("Use it for the fields of one thing. For several things use a table.",),
    )
