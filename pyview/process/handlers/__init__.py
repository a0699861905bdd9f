"""Functions that handle the messages of a view: one function and one row for each kind of message.

A module exports its rows as `HANDLERS`; this table has all of them.
"""

from pyview.process.handlers import background, components, events, identity, join, uploads
from pyview.process.mailbox import Handlers

HANDLERS: Handlers = {
    **join.HANDLERS,
    **events.HANDLERS,
    **components.HANDLERS,
    **uploads.HANDLERS,
    **identity.HANDLERS,
    **background.HANDLERS,
}
