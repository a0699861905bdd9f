"""A join goes on with the view that was mounted for the HTTP response of its page."""

from pyview.process.runtime import ViewRuntime
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import FirstMount, MountContext


def continue_first_mount(process: ViewProcess, mount_context: MountContext, first: FirstMount) -> None:
    """Give `process` the view of the response with its socket, components and uploads. No callback runs.

    The socket stays the same object, because hooks, closures and the view itself may hold it.
    """
    runtime, instances = ViewRuntime(process), first.socket.components
    socket = process.socket = first.socket.join(runtime, mount_context.identity)
    socket.connecting = mount_context.connecting
    if instances is not None:
        socket.components = components = runtime.make_components()
        components.take_over(instances)
    if first.uploads is not None:
        process.uploads().registry = first.uploads
    process.view = first.view
