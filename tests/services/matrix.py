"""The authorization matrix: for every RPC a request that its owner may make, and who owns what.

What each actor then gets follows from the contract's policy alone (`verdict`), so a row cannot
excuse a method, and a method without a row fails the build.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dreamscape.auth.v1 import auth_pb2
from dreamscape.booking.v1 import booking_pb2
from dreamscape.destination.v1 import destination_pb2
from dreamscape.notification.v1 import notification_pb2
from dreamscape.payment.v1 import payment_pb2
from dreamscape.user.v1 import user_pb2
from dreamscape.user.v1.user_client import UserClient
from dreamscape.voyage.v1 import voyage_pb2
from mesh.policy import Method, methods
from pods.catalogue import CATALOGUE
from tests.services.booking.trips import Days
from tests.services.cast import NEW_PASSWORD, Asked, Cast, a_picture
from tests.services.conftest import Traveller


class Actor(StrEnum):
    """Who calls."""

    ANONYMOUS = "anonymous"
    EXPIRED = "owner with an expired token"
    ELSEWHERE = "owner with a token for another API"
    UNLISTED = "service that is not among the callers"
    OTHER = "other user"
    OWNER = "owner"
    ADMIN = "admin"
    LISTED = "service among the callers"


NOBODYS = frozenset({Actor.ANONYMOUS, Actor.UNLISTED})


class Strangers(StrEnum):
    """What somebody gets who asks for things of the owner."""

    ASK_FOR_THEIR_OWN = "the request names nothing, so it is about the caller's own things"
    FIND_NOTHING = "NOT_FOUND"
    SEE_NOTHING = "an answer that leaves them out"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status code, the reason where the mesh gives it, and whether the answer is empty."""

    code: str
    reason: str = ""
    empty: bool = False


FINE = Verdict("OK")
LEFT_OUT = Verdict("OK", empty=True)
MISSING = Verdict("UNAUTHENTICATED", "TOKEN_MISSING")
EXPIRED = Verdict("UNAUTHENTICATED", "TOKEN_EXPIRED")
INVALID = Verdict("UNAUTHENTICATED", "TOKEN_INVALID")
SERVICE_ONLY = Verdict("PERMISSION_DENIED", "SERVICE_ONLY")
ADMIN_ONLY = Verdict("PERMISSION_DENIED", "ADMIN_ONLY")
NOT_FOUND = Verdict("NOT_FOUND")
BAD_TOKENS = {Actor.EXPIRED: EXPIRED, Actor.ELSEWHERE: INVALID}


@dataclass(frozen=True, slots=True)
class Row:
    """How to ask for something of one's own, and what strangers get who ask the same."""

    ask: Callable[[Cast, Traveller], Awaitable[Any]]
    strangers: Strangers = Strangers.ASK_FOR_THEIR_OWN
    admins_see: bool = False

    async def request(self, cast: Cast, owner: Traveller) -> Asked:
        """A request that `owner` may make."""
        asked = await self.ask(cast, owner)
        return asked if isinstance(asked, Asked) else Asked(asked)


def actors(method: Method) -> list[Actor]:
    """Who there is to call a method, the owner before an administrator who may do the same."""
    return [actor for actor in Actor if actor is not Actor.LISTED or method.callers]


def verdict(method: Method, actor: Actor, row: Row) -> Verdict:
    """What the policy gives to an actor; the whole of the matrix."""
    if actor is Actor.LISTED or method.access == "PUBLIC":
        return FINE
    if actor in BAD_TOKENS:
        return BAD_TOKENS[actor]
    if actor in NOBODYS and method.access != "SERVICE":
        return MISSING
    return _for_users(method, actor, row)


def _for_users(method: Method, actor: Actor, row: Row) -> Verdict:
    if method.access == "SERVICE":
        return SERVICE_ONLY
    if method.access == "ADMIN" and actor is not Actor.ADMIN:
        return ADMIN_ONLY
    if actor is Actor.OWNER or (actor is Actor.ADMIN and row.admins_see):
        return FINE
    if method.access == "OWNER" or row.strangers is Strangers.FIND_NOTHING:
        return NOT_FOUND
    return LEFT_OUT if row.strangers is Strangers.SEE_NOTHING else FINE


def asks_for_own(method: Method, actor: Actor, row: Row) -> bool:
    """Whether an actor asks for something of their own, not for what the owner has."""
    if actor is Actor.OWNER or method.access in ("OWNER", "SERVICE"):
        return False
    fine = verdict(method, actor, row) == FINE
    return fine and row.strangers is Strangers.ASK_FOR_THEIR_OWN


async def person(cast: Cast, actor: Actor, owner: Traveller, *, own: bool) -> Traveller:
    """Whom an actor stands for: the owner, unless they are somebody else or ask for their own."""
    if own:
        return await (cast.an_admin() if actor is Actor.ADMIN else cast.somebody())
    if actor in (Actor.OTHER, Actor.ADMIN):
        return await cast.a_stranger(admin=actor is Actor.ADMIN)
    return owner


def shown(cast: Cast, method: Method, actor: Actor, who: Traveller) -> dict[str, str]:
    """The headers that say who calls."""
    match actor:
        case Actor.ANONYMOUS:
            return {}
        case Actor.UNLISTED:
            return {"x-ds-service": cast.service_token("stranger")}
        case Actor.LISTED:
            return {"x-ds-service": cast.service_token(min(method.callers))}
        case Actor.EXPIRED:
            token = cast.expired(who)
        case Actor.ELSEWHERE:
            token = cast.for_another_api(who)
        case _:
            token = who.token
    return {"authorization": f"Bearer {token}"}


METHODS: dict[str, Method] = {
    f"{noun}.{method.name}": method
    for noun, entry in CATALOGUE.items()
    for method in methods(entry.descriptor)
}
_days = Days()


def _just(message: Callable[[], Any]) -> Row:
    """A request that names nothing."""

    async def ask(_: Cast, __: Traveller) -> Any:
        return message()

    return Row(ask)


def _of(fields: Callable[[Cast, Traveller], dict[str, Any]], kind: Any) -> Row:
    """A request that is made of what is known of the owner."""

    async def ask(cast: Cast, owner: Traveller) -> Any:
        return kind(**fields(cast, owner))

    return Row(ask)


async def _delete_profile(cast: Cast, owner: Traveller) -> Any:
    # Only the owner can make a profile begin before the news of the account has arrived.
    users = cast.house.client(UserClient, token=owner.token)
    await users.get_profile(user_pb2.GetProfileRequest())
    return user_pb2.DeleteProfileRequest(user_id=owner.user_id)


async def _refresh(cast: Cast, owner: Traveller) -> Any:
    return auth_pb2.RefreshRequest(refresh_token=(await cast.tokens(owner)).refresh_token)


async def _logout(cast: Cast, owner: Traveller) -> Any:
    return auth_pb2.LogoutRequest(refresh_token=(await cast.tokens(owner)).refresh_token)


async def _reset_password(cast: Cast, owner: Traveller) -> Any:
    token = await cast.forgotten(owner)
    return auth_pb2.ResetPasswordRequest(token=token, new_password=NEW_PASSWORD)


async def _verify_email(cast: Cast, owner: Traveller) -> Any:
    return auth_pb2.VerifyEmailRequest(token=await cast.mailed_token(owner))


async def _revoke_session(cast: Cast, owner: Traveller) -> Any:
    return auth_pb2.RevokeSessionRequest(session_id=await cast.another_session(owner))


async def _finish_oauth(cast: Cast, _: Traveller) -> Any:
    return await cast.sent_back_by("google")


async def _price_offer(cast: Cast, owner: Traveller) -> Any:
    offer = await cast.trips(owner).an_offer()
    return voyage_pb2.PriceOfferRequest(flight_offer_id=offer.offer_id)


async def _batch_get_offers(cast: Cast, owner: Traveller) -> Any:
    offer = await cast.trips(owner).an_offer()
    return voyage_pb2.BatchGetOffersRequest(offer_ids=[offer.offer_id])


async def _create_order(cast: Cast, owner: Traveller) -> Any:
    order = await cast.order(owner)
    return voyage_pb2.CreateOrderRequest(
        reference=cast.ids.new(),
        offer_id=order.items[0].flight_offer_id,
        travellers=order.travellers,
    )


async def _create_booking(cast: Cast, owner: Traveller) -> Any:
    return await cast.order(owner)


async def _get_booking(cast: Cast, owner: Traveller) -> Any:
    return booking_pb2.GetBookingRequest(booking_id=await cast.booking(owner))


async def _cancel_booking(cast: Cast, owner: Traveller) -> Any:
    return booking_pb2.CancelBookingRequest(booking_id=await cast.booking(owner))


async def _watch_booking(cast: Cast, owner: Traveller) -> Any:
    return booking_pb2.WatchBookingRequest(booking_id=await cast.booking(owner))


async def _read_notification(cast: Cast, owner: Traveller) -> Any:
    told = await cast.notification(owner)
    return notification_pb2.ReadNotificationRequest(notification_id=told)


async def _create_payment(cast: Cast, owner: Traveller) -> Any:
    return payment_pb2.CreatePaymentIntentRequest(booking_id=await cast.booking(owner))


async def _get_payment(cast: Cast, owner: Traveller) -> Any:
    payment = await cast.payment(owner)
    return payment_pb2.GetPaymentRequest(payment_id=payment.payment_id)


async def _batch_get_payments(cast: Cast, owner: Traveller) -> Any:
    payment = await cast.payment(owner)
    return payment_pb2.BatchGetPaymentsRequest(booking_ids=[payment.booking_id])


async def _capture_payment(cast: Cast, owner: Traveller) -> Any:
    return payment_pb2.CapturePaymentRequest(booking_id=await cast.paid_booking(owner))


async def _receive_webhook(cast: Cast, _: Traveller) -> Any:
    return cast.webhook()


async def _get_erasure(cast: Cast, _: Traveller) -> Any:
    return user_pb2.GetErasureRequest(erasure_id=await cast.erasure())


async def _batch_get_profiles(cast: Cast, owner: Traveller) -> Any:
    await cast.profile(owner)
    return user_pb2.BatchGetProfilesRequest(user_ids=[owner.user_id])


def _a_place(cast: Cast) -> destination_pb2.CreateDestinationRequest:
    return destination_pb2.CreateDestinationRequest(
        destination_id=f"place-{cast.ids.new()}",
        kind=destination_pb2.DESTINATION_KIND_POINT_OF_INTEREST,
        parent_id="PAR",
        words=[destination_pb2.Words(locale="en", name="A place")],
        position=destination_pb2.Position(latitude=48.8, longitude=2.3),
    )


async def _create_destination(cast: Cast, _: Traveller) -> Any:
    return _a_place(cast)


async def _update_destination(cast: Cast, _: Traveller) -> Any:
    place = _a_place(cast)
    return destination_pb2.UpdateDestinationRequest(
        destination_id=place.destination_id,
        etag=await cast.destination(place),
        words=place.words,
        position=place.position,
    )


async def _delete_destination(cast: Cast, _: Traveller) -> Any:
    place = _a_place(cast)
    return destination_pb2.DeleteDestinationRequest(
        destination_id=place.destination_id, etag=await cast.destination(place)
    )


def _preference() -> user_pb2.UpdateNotificationPreferencesRequest:
    kind = user_pb2.NOTIFICATION_KIND_INSPIRATION
    preference = user_pb2.NotificationPreference(kind=kind, email=True)
    return user_pb2.UpdateNotificationPreferencesRequest(preferences=[preference])


AUTH = {
    "auth.Register": _of(
        lambda cast, _: {"email": f"{cast.ids.new()}@example.com", "password": cast.ids.secret()},
        auth_pb2.RegisterRequest,
    ),
    "auth.Login": _of(
        lambda _, owner: {"email": owner.email, "password": owner.password}, auth_pb2.LoginRequest
    ),
    "auth.Refresh": Row(_refresh),
    "auth.Logout": Row(_logout),
    "auth.VerifyToken": _just(auth_pb2.VerifyTokenRequest),
    "auth.GetAccount": _just(auth_pb2.GetAccountRequest),
    "auth.UpdateAccount": _just(lambda: auth_pb2.UpdateAccountRequest(first_name="Grace")),
    "auth.ChangePassword": _of(
        lambda _, owner: {"current_password": owner.password, "new_password": NEW_PASSWORD},
        auth_pb2.ChangePasswordRequest,
    ),
    "auth.GetPasswordRules": _just(auth_pb2.GetPasswordRulesRequest),
    "auth.LogoutAll": _just(auth_pb2.LogoutAllRequest),
    "auth.ForgotPassword": _of(
        lambda _, owner: {"email": owner.email}, auth_pb2.ForgotPasswordRequest
    ),
    "auth.ResetPassword": Row(_reset_password),
    "auth.VerifyEmail": Row(_verify_email),
    "auth.ListSessions": _just(auth_pb2.ListSessionsRequest),
    "auth.RevokeSession": Row(_revoke_session),
    "auth.StartOauth": _just(lambda: auth_pb2.StartOauthRequest(provider="google")),
    "auth.FinishOauth": Row(_finish_oauth),
    "auth.EraseUser": _of(lambda _, owner: {"user_id": owner.user_id}, auth_pb2.EraseUserRequest),
    "auth.ListKeys": _just(auth_pb2.ListKeysRequest),
}

USER = {
    "user.GetProfile": _just(user_pb2.GetProfileRequest),
    "user.UpdateProfile": _just(lambda: user_pb2.UpdateProfileRequest(locale="fr")),
    "user.BatchGetProfiles": Row(
        _batch_get_profiles, strangers=Strangers.SEE_NOTHING, admins_see=True
    ),
    "user.CreateProfile": _of(
        lambda _, owner: {"user_id": owner.user_id, "first_name": "Ada", "last_name": "King"},
        user_pb2.CreateProfileRequest,
    ),
    "user.UploadAvatar": _of(
        lambda _, owner: {"user_id": owner.user_id, "image": a_picture()},
        user_pb2.UploadAvatarRequest,
    ),
    "user.DeleteProfile": Row(_delete_profile, admins_see=True),
    "user.GetErasure": Row(_get_erasure),
    "user.GetPreferences": _just(user_pb2.GetPreferencesRequest),
    "user.UpdatePreferences": _just(
        lambda: user_pb2.UpdatePreferencesRequest(
            preferences=user_pb2.TravelPreferences(home_airport="CDG", seat="WINDOW")
        )
    ),
    "user.ListHistory": _just(user_pb2.ListHistoryRequest),
    "user.ListWishlist": _just(user_pb2.ListWishlistRequest),
    "user.AddToWishlist": _just(lambda: user_pb2.AddToWishlistRequest(destination_id="PAR")),
    "user.RemoveFromWishlist": _just(
        lambda: user_pb2.RemoveFromWishlistRequest(destination_id="PAR")
    ),
    "user.GetNotificationPreferences": _just(user_pb2.GetNotificationPreferencesRequest),
    "user.UpdateNotificationPreferences": _just(_preference),
    "user.ExportData": _just(user_pb2.ExportDataRequest),
}

VOYAGE = {
    "voyage.SearchFlights": _just(
        lambda: voyage_pb2.SearchFlightsRequest(
            origin_location_code="CDG",
            destination_location_code="JFK",
            departure_date=_days.one(),
        )
    ),
    "voyage.SearchLocations": _just(lambda: voyage_pb2.SearchLocationsRequest(keyword="paris")),
    "voyage.SearchAirports": _just(lambda: voyage_pb2.SearchAirportsRequest(keyword="paris")),
    "voyage.SearchNearestAirports": _just(
        lambda: voyage_pb2.SearchNearestAirportsRequest(latitude=49.0, longitude=2.55)
    ),
    "voyage.SearchAirportRoutes": _just(
        lambda: voyage_pb2.SearchAirportRoutesRequest(departure_airport_code="CDG")
    ),
    "voyage.LookupAirlines": _just(lambda: voyage_pb2.LookupAirlinesRequest(airline_codes=["AF"])),
    "voyage.SearchAirlineRoutes": _just(
        lambda: voyage_pb2.SearchAirlineRoutesRequest(airline_code="AF")
    ),
    "voyage.GetCheckinLinks": _just(lambda: voyage_pb2.GetCheckinLinksRequest(airline_code="AF")),
    "voyage.PriceOffer": Row(_price_offer),
    "voyage.BatchGetOffers": Row(_batch_get_offers),
    "voyage.CreateOrder": Row(_create_order),
    "voyage.CancelOrder": _of(
        lambda cast, _: {"reference": cast.ids.new()}, voyage_pb2.CancelOrderRequest
    ),
}

BOOKING = {
    "booking.CreateBooking": Row(_create_booking),
    "booking.ListBookings": _just(booking_pb2.ListBookingsRequest),
    "booking.GetBooking": Row(_get_booking),
    "booking.CancelBooking": Row(_cancel_booking),
    "booking.WatchBooking": Row(_watch_booking),
    "booking.EraseUser": _of(
        lambda _, owner: {"user_id": owner.user_id}, booking_pb2.EraseUserRequest
    ),
}

PAYMENT = {
    "payment.CreatePaymentIntent": Row(_create_payment, strangers=Strangers.FIND_NOTHING),
    "payment.ListPayments": _just(payment_pb2.ListPaymentsRequest),
    "payment.GetPayment": Row(_get_payment),
    "payment.BatchGetPayments": Row(_batch_get_payments, strangers=Strangers.SEE_NOTHING),
    "payment.CapturePayment": Row(_capture_payment),
    "payment.ReturnPayment": _of(
        lambda cast, _: {"booking_id": cast.ids.new()}, payment_pb2.ReturnPaymentRequest
    ),
    "payment.ReceiveWebhook": Row(_receive_webhook),
    "payment.EraseUser": _of(
        lambda _, owner: {"user_id": owner.user_id}, payment_pb2.EraseUserRequest
    ),
}

NOTIFICATION = {
    "notification.ListNotifications": _just(notification_pb2.ListNotificationsRequest),
    "notification.ReadNotification": Row(_read_notification),
    "notification.SendAccountMail": _of(
        lambda cast, owner: {
            "request_id": cast.ids.new(),
            "user_id": owner.user_id,
            "email": owner.email,
            "kind": notification_pb2.ACCOUNT_MAIL_KIND_PASSWORD_CHANGED,
            "locale": "en",
        },
        notification_pb2.SendAccountMailRequest,
    ),
    "notification.EraseUser": _of(
        lambda _, owner: {"user_id": owner.user_id}, notification_pb2.EraseUserRequest
    ),
}

DESTINATION = {
    "destination.ListDestinations": _just(destination_pb2.ListDestinationsRequest),
    "destination.GetDestination": _just(
        lambda: destination_pb2.GetDestinationRequest(destination_id="PAR")
    ),
    "destination.BatchGetDestinations": _just(
        lambda: destination_pb2.BatchGetDestinationsRequest(destination_ids=["PAR"])
    ),
    "destination.CreateDestination": Row(_create_destination),
    "destination.UpdateDestination": Row(_update_destination),
    "destination.DeleteDestination": Row(_delete_destination),
    "destination.ListReviews": _just(
        lambda: destination_pb2.ListReviewsRequest(destination_id="PAR")
    ),
    "destination.CreateReview": _just(
        lambda: destination_pb2.CreateReviewRequest(destination_id="PAR", rating=4)
    ),
    "destination.EraseUser": _of(
        lambda _, owner: {"user_id": owner.user_id}, destination_pb2.EraseUserRequest
    ),
}

ROWS: dict[str, Row] = AUTH | USER | VOYAGE | BOOKING | PAYMENT | NOTIFICATION | DESTINATION
