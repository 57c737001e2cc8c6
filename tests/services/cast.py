"""Who acts in the authorization matrix, and what they own, made by the services themselves."""

import base64
import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import asyncpg
import httpx
from google.api.httpbody_pb2 import HttpBody
from PIL import Image

from dreamscape.auth.v1 import auth_pb2
from dreamscape.auth.v1.auth_client import AuthClient
from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.destination.v1 import destination_pb2
from dreamscape.destination.v1.destination_client import DestinationClient
from dreamscape.notification.v1 import notification_pb2
from dreamscape.notification.v1.notification_client import NotificationClient
from dreamscape.payment.v1 import payment_pb2
from dreamscape.payment.v1.payment_client import PaymentClient
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from dreamscape.voyage.v1.voyage_client import VoyageClient
from mesh.call import Call
from mesh.tokens import SERVICES, USERS, Realm, Signer
from services.booking.store import as_travellers
from tests.services.booking.builders import ADA
from tests.services.booking.trips import Trips
from tests.services.conftest import House, Traveller, eventually
from tests.services.payment.conftest import signature

FIVE_MINUTES = timedelta(minutes=5)
# Kafka hands on, a worker sends: seconds on a busy machine, none of which is waited for in vain.
MAIL_WITHIN = 60.0
ELSEWHERE = Realm(USERS.issuer, "another-api", USERS.type)
LINK_TOKEN = re.compile(r"[?&#/]token=([A-Za-z0-9._~-]+)")
NEW_PASSWORD = "another long sentence is better"


@dataclass(frozen=True)
class Asked:
    """A request that its owner may make, and the headers that go with it."""

    message: Any
    headers: tuple[tuple[str, str], ...] = ()


class Cast:
    """People, and what they have."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids, self.clock = house.process.ids, house.process.clock
        self._known: dict[bool, Traveller] = {}

    async def somebody(self) -> Traveller:
        """Somebody who has just registered and signed in."""
        return await self.house.a_traveller()

    async def an_admin(self) -> Traveller:
        """Somebody who may do more: their token says so since they signed in again."""
        person = await self.somebody()
        await self.execute(
            "UPDATE auth.account SET roles = '{admin}' WHERE user_id::text = $1", person.user_id
        )
        return replace(person, token=(await self.tokens(person)).access_token)

    async def a_stranger(self, *, admin: bool) -> Traveller:
        """Somebody who only ever asks for other people's things, so one of them is enough."""
        if admin not in self._known:
            self._known[admin] = await (self.an_admin() if admin else self.somebody())
        return self._known[admin]

    async def tokens(self, person: Traveller) -> auth_pb2.Tokens:
        """The tokens of one more session of somebody."""
        request = auth_pb2.LoginRequest(email=person.email, password=person.password)
        return (await self.house.client(AuthClient).login(request)).tokens

    async def another_session(self, person: Traveller) -> str:
        """The identifier of one more session of somebody."""
        return str(claims(await self.access_token(person))["sid"])

    async def access_token(self, person: Traveller) -> str:
        """One more access token."""
        return (await self.tokens(person)).access_token

    def expired(self, person: Traveller) -> str:
        """A token of somebody, right in all but its time."""
        extra = _extra(person)
        return self.house.users.sign(person.user_id, timedelta(minutes=-5), extra)

    def for_another_api(self, person: Traveller) -> str:
        """A token of somebody, signed with our key for somebody else's API."""
        return self._signer(ELSEWHERE).sign(person.user_id, FIVE_MINUTES, _extra(person))

    def service_token(self, service: str) -> str:
        """What a service of the mesh shows to its neighbours."""
        secrets = self.house.running.secrets
        keys = (secrets.mesh_kid, secrets.mesh_key_pem)
        return Signer(SERVICES, *keys, self.clock, self.ids).sign(service, FIVE_MINUTES)

    def trips(self, person: Traveller) -> Trips:
        """The clients with which somebody books and pays."""
        client = self.house.client
        return Trips(
            self.house,
            person.user_id,
            client(BookingClient, token=person.token),
            client(PaymentClient, token=person.token),
            client(VoyageClient, token=person.token),
        )

    async def order(self, person: Traveller) -> booking_pb2.CreateBookingRequest:
        """A request to book a flight that is on sale."""
        offer = await self.trips(person).an_offer()
        item = booking_pb2.NewBookingItem(flight_offer_id=offer.offer_id)
        return booking_pb2.CreateBookingRequest(items=[item], travellers=as_travellers([ADA]))

    async def booking(self, person: Traveller) -> str:
        """The identifier of a booking that waits for its payment."""
        return (await self.trips(person).a_booking()).booking_id

    async def paid_booking(self, person: Traveller) -> str:
        """The identifier of a booking that is ordered and paid."""
        return (await self.trips(person).a_confirmed_booking()).booking_id

    async def payment(self, person: Traveller) -> payment_pb2.Payment:
        """A payment that waits for the payer, so that nothing else moves it."""
        request = payment_pb2.CreatePaymentIntentRequest(booking_id=await self.booking(person))
        payments = self.house.client(PaymentClient, token=person.token)
        answer = await payments.create_payment_intent(request, idempotency_key=self.ids.new())
        return answer.payment

    async def notification(self, person: Traveller) -> str:
        """The identifier of what somebody was told when they cancelled a booking."""
        trips = self.trips(person)
        await trips.cancel(await trips.a_booking())
        told = self.house.client(NotificationClient, token=person.token)

        async def look() -> Any:
            request = notification_pb2.ListNotificationsRequest()
            return (await told.list_notifications(request)).notifications

        return str((await eventually(look, within=MAIL_WITHIN))[0].notification_id)

    async def destination(self, place: destination_pb2.CreateDestinationRequest) -> str:
        """The version of a destination that an administrator has just added."""
        admin = await self.a_stranger(admin=True)
        places = self.house.client(DestinationClient, token=admin.token)
        return (await places.create_destination(place)).destination.etag

    async def profile(self, person: Traveller) -> None:
        """Have somebody's profile made, should the news of their account be under way."""
        users = self.house.client(UserClient, token=person.token)
        await users.get_profile(user_pb2.GetProfileRequest())

    async def erasure(self) -> str:
        """The identifier of the erasure of somebody who has left."""
        person = await self.somebody()
        users = self.house.client(UserClient, token=person.token)
        request = user_pb2.DeleteProfileRequest(user_id=person.user_id)
        return str((await users.delete_profile(request)).erasure.erasure_id)

    async def mailed_token(self, person: Traveller, *, nth: int = 1) -> str:
        """What the link of the nth mail with a link to somebody carries; waits for that mail."""

        async def look() -> Any:
            listed = await self.house.witness(f"mailbox/messages?to={person.email}")
            paths = [f"mailbox/messages/{each['id']}" for each in listed["messages"]]
            texts = [(await self.house.witness(path))["text"] for path in paths]
            found = [link[1] for text in texts if (link := LINK_TOKEN.search(text))]
            return found[0] if len(found) >= nth else None

        return str(await eventually(look, within=MAIL_WITHIN))

    async def forgotten(self, person: Traveller) -> str:
        """The token mailed to somebody who has forgotten their password."""
        await self.mailed_token(person)  # the one that confirms their address
        request = auth_pb2.ForgotPasswordRequest(email=person.email)
        await self.house.client(AuthClient).forgot_password(request)
        return await self.mailed_token(person, nth=2)

    async def sent_back_by(self, provider: str) -> Asked:
        """What a browser brings that has just signed in at a provider as somebody new."""
        start = self.house.process.routes["/dreamscape.auth.v1.AuthService/StartOauth"].handler
        call = Call((), self.clock)
        answer = await start(auth_pb2.StartOauthRequest(provider=provider), call)
        who = {"login_hint": f"{self.ids.new()}@example.org"}
        async with httpx.AsyncClient(timeout=20) as browser:
            url = httpx.URL(answer.authorization_url).copy_merge_params(who)
            there = (await browser.get(url)).headers["location"]
        cookies = [value.partition(";")[0] for name, value in call.headers if name == "set-cookie"]
        request = auth_pb2.FinishOauthRequest(provider=provider, **dict(httpx.URL(there).params))
        return Asked(request, (("cookie", "; ".join(cookies)),))

    async def execute(self, statement: str, *values: str) -> None:
        """One statement of an administrator of the database."""
        connection = await asyncpg.connect(self.house.running.addresses.database_url)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    def webhook(self) -> Asked:
        """A signed event about a payment of somebody else's shop."""
        event = {
            "id": f"evt_{self.ids.new()}",
            "object": "event",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": f"pi_{self.ids.new()}", "object": "payment_intent"}},
        }
        data = json.dumps(event).encode()
        signed = signature(data, self.house.running.secrets.stripe_webhook_secret)
        body = HttpBody(content_type="application/json", data=data)
        headers = (("stripe-signature", signed),)
        return Asked(payment_pb2.ReceiveWebhookRequest(payload=body), headers)

    def _signer(self, realm: Realm) -> Signer:
        secrets = self.house.running.secrets
        return Signer(realm, secrets.token_kid, secrets.token_key_pem, self.clock, self.ids)


def a_picture() -> HttpBody:
    """A small red square."""
    file = BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return HttpBody(content_type="image/png", data=file.getvalue())


def claims(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    part = token.split(".")[1]
    values: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return values


def _extra(person: Traveller) -> dict[str, Any]:
    known = claims(person.token)
    return {name: known[name] for name in ("sid", "roles") if name in known}
