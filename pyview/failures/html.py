"""A failure as HTML: the same for the overlay of an open page and for the page of a request that failed.

Every text is escaped. `failure.css` beside this module is its style sheet; the script for developers contains it too.
"""

import os
from pathlib import Path

from markupsafe import Markup

from pyview.failures.editors import editor_link, pattern_or_default
from pyview.failures.failure import Failure, FailureCause
from pyview.failures.frames import FailureFrame
from pyview.template.markup import Pattern, as_markup

_FAILURE = Pattern("""\
<article class="failure">
<header>
{what}<h1><span class="kind">{kind}</span>{message}</h1>
</header>
{hint}{payload}{frames}{causes}<details class="whole"><summary>The whole traceback</summary>
<pre tabindex="0">{traceback}</pre></details>
<footer>{footer}</footer>
</article>
""")
_FRAME = Pattern('<section class="frame"><h2>{place}{function}{times}</h2>\n{lines}</section>\n')
_PAYLOAD = Pattern('<section class="payload"><h2>Payload</h2><pre tabindex="0">{payload}</pre></section>\n')
_CAUSE = Pattern("""\
<section class="cause"><h2><em>{relation}</em> <span class="kind">{kind}</span>{message}</h2>
{frames}</section>
""")
_PAGE = Pattern("""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style{nonce}>{style}</style></head>
<body class="page">
<main>
{failure}<p class="note">This page is shown because the application has <code>debug=True</code>. Without that, a reader
sees the error id only.</p>
</main>
{script}</body>
</html>
""")


def failure_html(failure: Failure) -> Markup:
    """Return a failure as one `<article>`. Links go to the editor that `PYVIEW_EDITOR` names."""
    return _FAILURE.fill(
        what=_tagged("p", "what", _what(failure)),
        kind=failure.kind,
        message=_message(failure.message),
        hint=_tagged("p", "hint", failure.hint),
        frames=_frames(failure.frames),
        payload=_payload(failure.payload),
        causes=Markup().join(_cause(cause) for cause in failure.causes),
        traceback=failure.traceback or failure.title,
        footer=_footer(failure),
    )


def failure_page(failure: Failure, *, nonce: str = "", script: Markup | None = None) -> str:
    """Return a whole document. `script` is an element at its end, `nonce` that of a content security policy."""
    return _PAGE.text(
        title=failure.title,
        nonce=Markup(' nonce="{}"').format(nonce) if nonce else Markup(),
        style=_style(),
        failure=failure_html(failure),
        script=script or Markup(),
    )


def _style() -> Markup:
    return as_markup(Path(__file__).with_name("failure.css").read_text())


def _what(failure: Failure) -> str:
    return " · ".join(part for part in (failure.view, failure.what, failure.page) if part)


def _message(message: str) -> Markup:
    return Markup(': <span class="message">{}</span>').format(message) if message else Markup()


def _tagged(tag: str, name: str, text: str) -> Markup:
    return Markup('<{} class="{}">{}</{}>\n').format(tag, name, text, tag) if text else Markup()


def _payload(payload: str) -> Markup:
    return _PAYLOAD.fill(payload=payload) if payload else Markup()


def _frames(frames: tuple[FailureFrame, ...]) -> Markup:
    return Markup().join(_frame(frame) for frame in frames)


def _frame(frame: FailureFrame) -> Markup:
    place = Markup("{}:{}").format(frame.short_file, frame.line)
    link = editor_link(pattern_or_default(os.environ), frame.file, frame.line)
    function = Markup(" <small>in {}</small>").format(frame.function) if frame.function else Markup()
    times = Markup(" <small>{} times</small>").format(frame.times) if frame.times > 1 else Markup()
    return _FRAME.fill(
        place=Markup('<a href="{}" title="Open in the editor">{}</a>').format(link, place) if link else place,
        function=function,
        times=times,
        lines=_lines(frame),
    )


def _lines(frame: FailureFrame) -> Markup:
    if not frame.lines:
        return Markup()
    lines = Markup()
    for number, text in enumerate(frame.lines, frame.first):
        line = Markup("<i>{:>4}</i>  {}").format(number, text)
        lines += Markup("<mark>{}</mark>").format(line) if number == frame.line else line + Markup("\n")
    return Markup('<pre tabindex="0">{}</pre>\n').format(lines)


def _cause(cause: FailureCause) -> Markup:
    return _CAUSE.fill(
        relation=cause.relation,
        kind=cause.kind,
        message=_message(cause.message),
        frames=_frames(cause.frames),
    )


def _footer(failure: Failure) -> Markup:
    number = Markup("Error id <code>{}</code> · ").format(failure.error_id) if failure.error_id else Markup()
    return number + Markup("<time>{}</time>").format(failure.time)
