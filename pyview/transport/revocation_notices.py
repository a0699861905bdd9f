"""Sign-outs broadcast to the other workers, because their store may be away, or slower than a broadcast."""

import json
import logging

from pyview.events.info_event import InfoEvent
from pyview.pubsub.memory import PubSub
from pyview.stores.revocations import Revocation, revocation_of
from pyview.stores.revocations_shared import SharedRevocations
from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets

logger = logging.getLogger("pyview.security")

TOPIC = "pyview:revoked"
_MAX_AGE = 60  # seconds
_LONGEST = 2000  # characters of a notice


class RevocationNotices:
    """Announces the revocations of this worker, and applies those that other workers announce.

    A notice is encrypted with the secret of the application: a client of the broker without it can end no session, and
    learns nothing. The store stays the authority; a lost notice arrives through it.
    """

    def __init__(self, pubsub: PubSub, revocations: SharedRevocations, secrets: Secrets) -> None:
        self._pubsub = pubsub
        self._revocations = revocations
        self._encryptor = Encryptor(secrets, "revocation notice")

    async def start(self) -> None:
        self._revocations.announce_with(self._announce)
        await self._pubsub.subscribe(TOPIC, self)

    def close(self) -> None:
        self._revocations.announce_with(None)
        self._pubsub.drop(self)

    def deliver(self, event: InfoEvent) -> None:
        """Apply a notice. Those of other applications, and forged ones, cannot be decrypted and are ignored."""
        notice = event.payload
        if not isinstance(notice, str) or len(notice) > _LONGEST:
            return
        try:
            revocation = revocation_of(json.loads(self._encryptor.decrypt(notice, _MAX_AGE)))
        except InvalidToken:
            return
        if revocation is not None:
            self._revocations.learn(revocation)

    async def _announce(self, revocation: Revocation) -> None:
        try:
            await self._pubsub.broadcast(TOPIC, self._encryptor.encrypt(json.dumps(revocation.as_json())))
        except Exception:
            # The sign-out itself must not fail.
            logger.exception("a sign-out could not be announced; other workers get it from the store")
