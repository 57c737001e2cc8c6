"""One answer for one `Idempotency-Key`: kept beside what the first call changed.

The key is claimed by an INSERT in the transaction of the change, so a second call with the same
key waits for the first and then finds its answer, and a call that fails leaves no claim.
"""

import hashlib
from dataclasses import dataclass
from typing import TypeVar

from alembic import op
from google.protobuf.message import Message
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from mesh.call import Call
from mesh.faults import FailedPrecondition

Response = TypeVar("Response", bound=Message)


def create_table() -> None:
    """Create `idempotency`; called by a service's first migration."""
    op.execute("""
        CREATE TABLE idempotency (
            user_id text NOT NULL,
            method text NOT NULL,
            key text NOT NULL,
            request_hash bytea NOT NULL,
            response bytea,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (user_id, method, key)
        )
    """)


@dataclass(frozen=True, slots=True)
class Claim:
    """A caller's key for one method and one request."""

    user_id: str
    method: str
    key: str
    request_hash: bytes

    @classmethod
    def of(cls, call: Call, request: Message) -> "Claim":
        """The claim that a call makes with its header and its request."""
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        name = request.DESCRIPTOR.full_name
        return cls(call.identity.user_id, name, call.idempotency_key, digest)


async def earlier_answer(
    session: AsyncSession, claim: Claim, kind: type[Response]
) -> Response | None:
    """The answer that this key got before, or None after claiming it for this transaction.

    FailedPrecondition when the key was used for another request.
    """
    claimed = await session.execute(
        text(
            "INSERT INTO idempotency (user_id, method, key, request_hash) "
            "VALUES (:user_id, :method, :key, :hash) ON CONFLICT DO NOTHING RETURNING key"
        ),
        _key(claim) | {"hash": claim.request_hash},
    )
    if claimed.first() is not None:
        return None
    return await find_answer(session, claim, kind)


async def find_answer(session: AsyncSession, claim: Claim, kind: type[Response]) -> Response | None:
    """The answer that this key got before; None when the key is new. Claims nothing."""
    found = await session.execute(
        text(
            "SELECT request_hash, response FROM idempotency "
            "WHERE user_id = :user_id AND method = :method AND key = :key"
        ),
        _key(claim),
    )
    row = found.first()
    if row is None:
        return None
    if bytes(row.request_hash) != claim.request_hash:
        raise FailedPrecondition(
            "IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another request"
        )
    return kind.FromString(row.response)


async def keep_answer(session: AsyncSession, claim: Claim, answer: Message) -> None:
    """Keep the answer of a claimed key, in the transaction that made it true."""
    await session.execute(
        text(
            "UPDATE idempotency SET response = :response "
            "WHERE user_id = :user_id AND method = :method AND key = :key"
        ),
        _key(claim) | {"response": answer.SerializeToString()},
    )


def _key(claim: Claim) -> dict[str, str | bytes]:
    return {"user_id": claim.user_id, "method": claim.method, "key": claim.key}
