"""Changes of what somebody is recognised by, in PostgreSQL: the address and the password.

A token that was mailed is good for one address and one password. The one statement that spends it
also changes what it was good for, so that it, and every other for the old state, is void.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, case, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from dreamscape.auth.v1.auth_pb2 import EmailConfirmed
from mesh.database import Database
from mesh.faults import Aborted
from mesh.outbox import Outbox
from services.auth.domain import Visit, bad_mail_token
from services.auth.letters import (
    ALREADY_REGISTERED,
    EMAIL_CHANGING,
    PASSWORD_CHANGED,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    Letter,
    Letters,
)
from services.auth.store import Account, Base, Store, owner_of


class Token(Base, table=True):
    """What the link in a mail carries, as a digest; good for one address and one password."""

    __tablename__ = "account_token"

    digest: bytes = Field(primary_key=True)
    kind: str
    user_id: str
    email: str
    password_version: int
    expire_time: datetime = Field(sa_type=DateTime(timezone=True))


# A mail that is sent again has its token already.
_ISSUE = """
    INSERT INTO account_token (digest, kind, user_id, email, password_version, expire_time)
    SELECT :digest, :kind, user_id, :email, password_version, :expire_time FROM account
    WHERE CASE WHEN CAST(:kind AS text) = 'RESET_PASSWORD'
        THEN email = :email
        ELSE pending_email = :email AND user_id = :user_id
    END
    ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest RETURNING user_id
"""


@dataclass(frozen=True)
class Credentials:
    """Every statement that changes an address or a password. Each method is one transaction."""

    database: Database
    store: Store
    letters: Letters
    outbox: Outbox

    async def change_account(
        self, account: Account, names: dict[str, Any], email: str, language: str
    ) -> Account:
        """Keep new names. A new address is written to and waits; the one until now is told.

        The same mails go out when the new address is somebody else's, who is told instead.
        """
        async with self.database.transaction() as session:
            if email:
                names = names | {"pending_email": email}
                await self._write_to(session, account, email, language)
            if names:
                mine = update(Account).where(col(Account.user_id) == account.user_id)
                await session.execute(mine.values(names))
            return await session.get_one(Account, account.user_id, populate_existing=True)

    async def confirm_email(self, digest: bytes, now: datetime) -> Account:
        """Make the address that a token was mailed to the account's own, once.

        Unauthenticated when the token is not good, or the address somebody else's by now.
        """
        statement = (
            update(Account)
            .where(*_fits(digest, VERIFY_EMAIL, now))
            .where(col(Account.pending_email) == col(Token.email))
            .values(email=col(Token.email), email_verified=True, pending_email=None)
            .returning(Account)
        )
        try:
            async with self.database.transaction() as session:
                account: Account | None = (await session.execute(statement)).scalar_one_or_none()
                if account is not None:
                    news = EmailConfirmed(user_id=account.user_id, email=account.email)
                    await self.outbox.announce(session, account.user_id, news)
        except IntegrityError:
            account = None
        if account is None:
            raise bad_mail_token()
        return account

    async def change_password(
        self, account: Account, encoded: str, visit: Visit, *, keep: str, now: datetime
    ) -> int:
        """Keep another password and end every session but `keep`; how many those were.

        Aborted when the password was changed meanwhile.
        """
        statement = (
            update(Account)
            .where(col(Account.user_id) == account.user_id)
            .where(col(Account.password_version) == account.password_version)
            .values(_another(encoded))
            .returning(Account)
        )
        async with self.database.transaction() as session:
            changed = (await session.execute(statement)).scalar_one_or_none()
            if changed is None:
                raise Aborted("PASSWORD_CHANGED", "the password was changed at the same time")
            ended = await self.store.end_sessions(session, account.user_id, now, keep=keep)
            await self._tell(session, changed, visit)
        await self.store.refuse_tokens(ended, now)
        return len(ended)

    async def resettable(self, digest: bytes, now: datetime) -> str:
        """The address of the account that a token may reset; Unauthenticated when it may not."""
        wanted = select(Account.email).where(*_fits(digest, RESET_PASSWORD, now), *self._unspent())
        async with self.database.transaction() as session:
            email = (await session.exec(wanted)).first()
        if email is None:
            raise bad_mail_token()
        return email

    async def reset_password(
        self, digest: bytes, encoded: str, visit: Visit, now: datetime
    ) -> None:
        """Spend a token for another password, end every session and know the device.

        Unauthenticated when the token is not good.
        """
        statement = (
            update(Account)
            .where(*_fits(digest, RESET_PASSWORD, now), *self._unspent())
            # The mail with the token has arrived, so the address is confirmed as well.
            .values(_another(encoded) | {"email_verified": True, "pending_email": None})
            .returning(Account)
        )
        async with self.database.transaction() as session:
            account: Account | None = (await session.execute(statement)).scalar_one_or_none()
            if account is None:
                raise bad_mail_token()
            ended = await self.store.end_sessions(session, account.user_id, now)
            await self.store.remember(session, account.user_id, visit, now)
            await self._tell(session, account, visit)
        await self.store.refuse_tokens(ended, now)

    async def issue(self, token: Token, now: datetime) -> str | None:
        """Keep the digest of a token for the account it is for, and forget the expired ones.

        The account's identifier; None when no account has, or waits for, the address.
        """
        values = token.model_dump(exclude={"password_version"})
        expired = text("DELETE FROM account_token WHERE expire_time <= :now")
        async with self.database.transaction() as session:
            await session.execute(expired, {"now": now})
            user_id: str | None = (await session.execute(text(_ISSUE), values)).scalar()
            return user_id

    def _unspent(self) -> list[ColumnElement[bool]]:
        """What the password that a token resets must still be."""
        return [
            col(Token.password_version) == col(Account.password_version),
            col(Token.email) == col(Account.email),
        ]

    async def _write_to(
        self, session: AsyncSession, account: Account, email: str, language: str
    ) -> None:
        owner = await owner_of(session, email)
        kind = VERIFY_EMAIL if owner in (None, account.user_id) else ALREADY_REGISTERED
        addressee = owner or account.user_id
        await self.letters.put(session, Letter(kind, email, language, addressee))
        if owner != account.user_id:
            warning = Letter(EMAIL_CHANGING, account.email, language, account.user_id)
            await self.letters.put(session, warning)

    async def _tell(self, session: AsyncSession, account: Account, visit: Visit) -> None:
        letter = Letter(PASSWORD_CHANGED, account.email, visit.language, account.user_id)
        await self.letters.put(session, letter)


def _fits(digest: bytes, kind: str, now: datetime) -> list[ColumnElement[bool]]:
    return [
        col(Token.digest) == digest,
        col(Token.kind) == kind,
        col(Token.expire_time) > now,
        col(Token.user_id) == col(Account.user_id),
    ]


def _another(encoded: str) -> dict[str, Any]:
    """What another password changes. An address that waits may be an intruder's, so it is gone."""
    first = col(Account.pending_email) == col(Account.email)
    return {
        "password_hash": encoded,
        "password_version": col(Account.password_version) + 1,
        "pending_email": case((first, col(Account.pending_email)), else_=None),
    }
