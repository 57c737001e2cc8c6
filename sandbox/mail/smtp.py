"""The SMTP side: a message is accepted only after it is stored for good."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiosmtpd.smtp import SMTP, Envelope, Session

from mesh.clock import Clock, Ids
from sandbox.ledger import Ledger, LedgerBusyError
from sandbox.mail.store import Arrival, keep

MAX_MESSAGE_BYTES = 5_000_000
MAX_RECIPIENTS = 100
HOSTNAME = "mail.sandbox"


class Sink:
    """aiosmtpd's handler: stores what arrives."""

    def __init__(self, ledger: Ledger, clock: Clock, ids: Ids) -> None:
        self._ledger = ledger
        self._clock = clock
        self._ids = ids

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, up to MAX_RECIPIENTS of them."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the message; a 250 means that it survives a crash."""
        content = envelope.content or b""
        arrival = Arrival(
            id=self._ids.new(),
            received_at=self._clock.now(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=content if isinstance(content, bytes) else content.encode(),
        )
        try:
            await self._ledger.write(lambda connection: keep(connection, arrival))
        except LedgerBusyError:
            return "451 4.3.0 Try again later"
        return f"250 OK {arrival.id}"


@contextlib.asynccontextmanager
async def receiving(sink: Sink, host: str, port: int) -> AsyncIterator[None]:
    """Take mail while the block runs; raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            sink,
            data_size_limit=MAX_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident="DreamScape sandbox",
            loop=loop,
        ),
        host,
        port,
    )
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
