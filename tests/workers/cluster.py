"""Several applications in one process that stand for the workers of one, behind a proxy without sticky sessions."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.types import Receive, Scope, Send

from pyview import PyView
from pyview.pubsub.memory import WORKER_TOPICS
from pyview.testing import LiveClient
from tests.workers.broker import Broker


class Cluster:
    """The workers; requests and sockets reach number `to`."""

    def __init__(self, broker: Broker, workers: list[PyView]) -> None:
        self.broker = broker
        self.workers = workers
        self.to = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.workers[self.to](scope, receive, send)

    @property
    def calls(self) -> list[str]:
        """The encrypted messages from worker to worker so far: calls and answers."""
        passed = self.broker.passed
        return [each for topic, each in passed if topic.startswith(WORKER_TOPICS) and isinstance(each, str)]

    @property
    def views(self) -> list[int]:
        """The number of views that each worker has, shown or detached."""
        return [len(worker.app_context.processes) for worker in self.workers]


@asynccontextmanager
async def cluster_of(
    count: int, make: Callable[[Broker], PyView]
) -> AsyncIterator[tuple[Cluster, LiveClient]]:
    """Start `count` workers, and a browser in front of them."""
    broker = Broker()
    cluster = Cluster(broker, [make(broker) for _ in range(count)])
    async with AsyncExitStack() as stack:
        for worker in cluster.workers:
            await stack.enter_async_context(LiveClient(worker))
        yield cluster, await stack.enter_async_context(LiveClient(cluster, lifespan=False))
