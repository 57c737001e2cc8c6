"""The peer: `GET /api/v1/users/profile` as it is written in FastAPI, PyJWT, SQLModel and Redis.

The same row of the same table, the same join, the same checks of the token, the same fields in the
answer, the same size of the database pool. Two ways: `usual` verifies the token at each request
and asks Redis each time whether its session has ended; `tuned` does neither twice, as we do.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

VARIABLE = "PEER_SETTINGS"
REQUIRED = ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"]
FORBIDDEN = {"crit", "jku", "jwk", "x5u", "x5c"}
# The kinds of news, and whether somebody who has said nothing is told.
KINDS = {"BOOKING": True, "PAYMENT": True, "INSPIRATION": False}
ENDED = "bench:ended"


@dataclass(frozen=True)
class Settings:
    """What the peer is told. `keys` are public JWKs by their kid."""

    database_url: str
    redis_url: str
    keys: dict[str, dict[str, str]]
    issuer: str
    audience: str
    type: str
    tuned: bool

    def as_text(self) -> str:
        return json.dumps(asdict(self))


class ProfileRow(SQLModel, table=True):
    """The table that our own service reads."""

    __tablename__ = "profile"

    user_id: str = Field(primary_key=True)
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    update_time: datetime
    avatar_key: str | None


class PreferenceRow(SQLModel, table=True):
    """What its owner wants to be told."""

    __tablename__ = "notification_preference"

    user_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    email: bool
    sms: bool
    in_app: bool


class Camel(BaseModel):
    """Names as JSON has them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Preference(Camel):
    """One kind of news, and how it comes."""

    kind: str
    email: bool
    sms: bool
    in_app: bool


class Profile(Camel):
    """What is answered."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    locale: str
    currency: str
    update_time: datetime
    avatar_url: str
    notifications: list[Preference]


class Answer(Camel):
    """The whole answer."""

    profile: Profile


class Tokens:
    """Verifies access tokens as our mesh does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = {kid: jwt.PyJWK(key, "ES256").key for kid, key in settings.keys.items()}
        self._known: dict[str, dict[str, Any]] = {}

    def verify(self, token: str) -> dict[str, Any]:
        """The claims; HTTPException 401 otherwise."""
        if self._settings.tuned and token in self._known:
            claims = self._known[token]
            if claims["exp"] > datetime.now().timestamp():
                return claims
        try:
            claims = self._checked(token)
        except (jwt.PyJWTError, KeyError) as problem:
            raise HTTPException(401, "the token is not valid") from problem
        if self._settings.tuned:
            self._known[token] = claims
        return claims

    def _checked(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != self._settings.type or FORBIDDEN & header.keys():
            raise KeyError("typ")
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=["ES256"],
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            options={"require": REQUIRED},
        )
        return claims


def app() -> FastAPI:
    """The application, from the settings in its environment."""
    settings = Settings(**json.loads(os.environ[VARIABLE]))
    tokens, redis = Tokens(settings), Redis.from_url(settings.redis_url, max_connections=32)
    engine = create_async_engine(
        settings.database_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=5,
        max_overflow=0,
        connect_args={"server_settings": {"search_path": "users"}},
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()
        await redis.aclose()

    api = FastAPI(lifespan=lifespan)

    async def caller(authorization: Annotated[str, Header()] = "") -> dict[str, Any]:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise HTTPException(401, "an access token is needed")
        claims = tokens.verify(token)
        if not settings.tuned and await redis.zscore(ENDED, claims.get("sid", "")) is not None:
            raise HTTPException(401, "the session has ended")
        return claims

    async def session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as opened, opened.begin():
            yield opened

    @api.get("/api/v1/users/profile")
    async def profile(
        claims: Annotated[dict[str, Any], Depends(caller)],
        opened: Annotated[AsyncSession, Depends(session)],
    ) -> Answer:
        return await _answer(opened, claims["sub"])

    @api.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "SERVING"}

    return api


async def _answer(opened: AsyncSession, user_id: str) -> Answer:
    of_theirs = PreferenceRow.user_id == ProfileRow.user_id
    rows = await opened.exec(
        select(ProfileRow, PreferenceRow)
        .outerjoin(PreferenceRow, of_theirs)
        .where(ProfileRow.user_id == user_id)
    )
    found = rows.all()
    if not found:
        raise HTTPException(404, "the profile does not exist")
    said = {row.kind: row for _, row in found if row is not None}
    told = [
        Preference(
            kind=f"NOTIFICATION_KIND_{kind}", email=row.email, sms=row.sms, in_app=row.in_app
        )
        if (row := said.get(kind))
        else Preference(kind=f"NOTIFICATION_KIND_{kind}", email=usual, sms=False, in_app=usual)
        for kind, usual in KINDS.items()
    ]
    values = found[0][0].model_dump(exclude={"avatar_key"})
    return Answer(profile=Profile(**values, avatar_url="", notifications=told))
