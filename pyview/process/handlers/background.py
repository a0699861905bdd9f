"""Messages of background tasks: a task has ended, or changes the view while it goes on."""

import logging
from inspect import isawaitable

from pyview.events import UnknownAsyncResult, UnknownInfo
from pyview.process.answers import finish
from pyview.process.mailbox import Handlers
from pyview.process.messages import AsyncDone, RunInProcess
from pyview.process.view_process import ViewProcess

logger = logging.getLogger("pyview")


async def handle_run_in_process(process: ViewProcess, message: RunInProcess) -> None:
    try:
        done = message.action()
        if isawaitable(done):
            await done
    except UnknownInfo as error:
        logger.warning("%s: %s", process.name, error)
    await finish(process, None, part=process.touch([message.cid]))
    if not message.done.done():  # the task that waits for it may have been cancelled
        message.done.set_result(None)


async def handle_async_done(process: ViewProcess, message: AsyncDone) -> None:
    task = message.task
    # A task that was started again under the same name has lost its keys, and its result is dropped.
    if process.tasks is None or not task.keys:
        return
    keys = process.tasks.take_keys(task)
    try:
        await task.on_result(message.result, keys)
    except (UnknownInfo, UnknownAsyncResult) as error:
        logger.warning("%s: %s", process.name, error)
    await finish(process, None, part=process.touch(key.cid for key in keys))


HANDLERS: Handlers = {RunInProcess: handle_run_in_process, AsyncDone: handle_async_done}
