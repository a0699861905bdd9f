"""Breadcrumbs."""

from examples.ui_kit.demo import About, DemoLiveView


class BreadcrumbsPage(DemoLiveView):
    about = About(
        title="Breadcrumbs",
        group="Navigation",
        summary="The way from the start to this page.",
        pattern="breadcrumb",
        when=("Use it from the third level on. The last part is this page, and no link.",),
    )
