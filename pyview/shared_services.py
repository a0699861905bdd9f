"""Stores and links that the workers of one application share: chosen at its start, opened and closed together."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from pyview.config import SecurityConfig
from pyview.environment.development import remove_if_unused, shared_directory
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.presence.presence import Presence
from pyview.process.run_queue import RunQueue
from pyview.pubsub.from_environment import pubsub_from_environment
from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.stores.from_environment import (
    once_store_from_environment,
    revocations_from_environment,
    state_store_from_environment,
)
from pyview.stores.health import HealthRegistry, StoreUnavailable, join_health
from pyview.stores.once import OnceStore
from pyview.stores.retry import Retry
from pyview.stores.revocations import Revocations
from pyview.stores.revocations_shared import SharedRevocations
from pyview.stores.states import StateStore
from pyview.tokens.secrets import Secrets
from pyview.transport.revocation_notices import RevocationNotices
from pyview.transport.shared_counts import SharedCounts
from pyview.workers.workers import Workers

logger = logging.getLogger("pyview")


class SharedServices:
    """Stores and links of one worker.

    Those that are None are chosen by `environ`. `secrets` is called at the first message to another worker, when the
    application has its final name. `run_queue` is that of the application's views.

    Raises `TypeError` for a store or link that is another object, such as a URL.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        security: SecurityConfig,
        secrets: Callable[[], Secrets],
        run_queue: RunQueue,
        warnings: RateLimitedWarnings,
        *,
        pubsub: PubSub | None = None,
        revocations: Revocations | None = None,
        once_store: OnceStore | None = None,
        state_store: StateStore | None = None,
    ) -> None:
        for expected, service in (
            (PubSub, pubsub),
            (Revocations, revocations),
            (OnceStore, once_store),
            (StateStore, state_store),
        ):
            _check_service(expected, service)
        self._process_id = os.getpid()
        self._directory = shared_directory(environ)
        self._secrets = secrets
        self.health = HealthRegistry()
        self.pubsub: PubSub = pubsub or pubsub_from_environment(environ, self.health)
        self.presence = Presence(self.pubsub, handover=security.presence_handover, served=run_queue.served)
        self.revocations: Revocations = revocations or revocations_from_environment(environ, self.health)
        self.once_store: OnceStore = once_store or once_store_from_environment(environ, self.health)
        # A store without entries may be false.
        if state_store is None:
            state_store = state_store_from_environment(environ, self.health)
        self.state_store: StateStore = state_store
        join_health(self.health, self.pubsub, self.revocations, self.once_store, self.state_store)
        self.workers = Workers(self.pubsub, secrets, warnings)
        self.socket_counts = SharedCounts(self.pubsub, self.workers.id, secrets)
        self._notices: RevocationNotices | None = None
        self._opening = Retry(self._open_stores)

    @property
    def opening(self) -> bool:
        """True while a store has not been reached since the start."""
        return self._opening.running

    async def open(self) -> None:
        """Connect to the other workers and the stores.

        A store that cannot be reached is opened as soon as it answers. Raises `RuntimeError` in a process that was
        forked after the application was made.
        """
        # Without other workers there is nothing to ask for.
        if isinstance(self.pubsub, MemoryPubSub):
            await self.pubsub.start()
        else:
            self._check_process()
            await self.pubsub.start()
            await self._join_workers()
        try:
            await self._open_stores()
        except StoreUnavailable as error:
            logger.info("%s; no user is signed in until it can be reached", error)
            self._opening.begin()

    async def stop_opening(self) -> None:
        """Give up the stores that have not been reached."""
        await self._opening.close()

    async def close(self) -> None:
        """Leave the other workers and close the stores, in the order in which they need each other."""
        # The last one that is pushed closes first. All close, even if one fails, such as the user's own PubSub: closing
        # the revocations writes sign-outs.
        async with AsyncExitStack() as stack:
            stack.callback(self._remove_directory)
            stack.push_async_callback(self.state_store.close)
            stack.push_async_callback(self.once_store.close)
            stack.push_async_callback(self.revocations.close)
            stack.push_async_callback(self.pubsub.close)
            stack.push_async_callback(self.socket_counts.close)
            if self._notices is not None:
                stack.callback(self._notices.close)
            stack.push_async_callback(self.workers.close)
            stack.push_async_callback(self.presence.close)

    def _remove_directory(self) -> None:
        # With a PubSub of the user there is no sign that other workers still use it.
        if self._directory is not None and isinstance(self.pubsub, LocalPubSub):
            remove_if_unused(self._directory)

    def _check_process(self) -> None:
        # Forked workers would have the same ids, and drop each other's messages as their own.
        if os.getpid() != self._process_id:
            raise RuntimeError(
                "the application was made in another process, which was forked into this worker (gunicorn --preload). "
                "Workers that exchange messages have to make it themselves: start the server without --preload"
            )

    async def _join_workers(self) -> None:
        await self.presence.start()
        await self.workers.start()
        if isinstance(self.revocations, SharedRevocations):
            self._notices = RevocationNotices(self.pubsub, self.revocations, self._secrets())
            await self._notices.start()
        await self.socket_counts.start()

    async def _open_stores(self) -> None:
        await self.revocations.start()
        await self.once_store.start()
        await self.state_store.start()


def _check_service(expected: type, service: object) -> None:
    if service is None or (not isinstance(service, type) and callable(getattr(service, "start", None))):
        return
    # Not the value: a URL may have a password.
    got = f"the class {service.__qualname__}" if isinstance(service, type) else type(service).__qualname__
    raise TypeError(
        f"PyView(...) expected an object with the methods of {expected.__module__}.{expected.__qualname__}, got {got}. "
        "The URL of a Redis server belongs into the environment as PYVIEW_REDIS_URL, the path of a file as PYVIEW_STATE"
    )
