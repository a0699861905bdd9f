"""App shell."""

from examples.ui_kit.demo import About, DemoLiveView


class ShellPage(DemoLiveView):
    about = About(
        title="App shell",
        group="Layout",
        summary="The frame of an application: a bar, a menu beside the page, and the page itself.",
        when=(
            "Use it once, in the layout of your views. On a phone the menu is behind a button.",
            "The root template has no <main> of its own then.",
        ),
        keys=(
            ("Tab", "The first stop is the link that skips to the content."),
            ("Enter", "On the menu button of a phone, opens the menu."),
            ("Escape", "Closes the menu of a phone."),
        ),
    )
