"""Texts that grow while they are shown, such as the answers of a language model, as safe Markdown or as plain text."""

from pyview.text_streams.markdown import markdown
from pyview.text_streams.run import TextTooLong, stop_text, stream_text
from pyview.text_streams.text_stream import TextStream

__all__ = ["TextStream", "TextTooLong", "markdown", "stop_text", "stream_text"]
