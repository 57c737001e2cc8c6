"""The servicer of payment: decode, delegate, encode."""

import base64
import hashlib
from uuid import UUID

from dreamscape.booking.v1 import booking_pb2
from dreamscape.booking.v1.booking_client import BookingClient
from dreamscape.payment.v1 import payment_pb2, payment_pb2_grpc
from mesh.call import Call, Identity
from mesh.clock import Clock
from mesh.faults import FailedPrecondition, InvalidArgument, NotFound
from mesh.money import Money
from services.payment.domain import Claim
from services.payment.saga import Till
from services.payment.store import Payment, Store
from services.payment.webhooks import Webhooks

_DEFAULT_PAGE = 20
# Services that work for travellers who are not there to ask.
_TRUSTED = frozenset({"booking", "notification"})


class Payments(payment_pb2_grpc.PaymentServiceServicer):
    """Money in and out."""

    def __init__(
        self, till: Till, store: Store, webhooks: Webhooks, *, bookings: BookingClient, clock: Clock
    ) -> None:
        self._till = till
        self._store = store
        self._webhooks = webhooks
        self._bookings = bookings
        self._clock = clock

    async def CreatePaymentIntent(
        self, request: payment_pb2.CreatePaymentIntentRequest, context: Call
    ) -> payment_pb2.CreatePaymentIntentResponse:
        """See the contract."""
        claim = _claim(request, context)
        payment = await self._till.claimed(claim)
        if payment is None:
            amount = await self._owed(request.booking_id, context.identity)
            payment = await self._till.open(claim, amount)
        payment = await self._till.start(payment)
        return payment_pb2.CreatePaymentIntentResponse(
            payment=payment.to_wire(), client_secret=payment.client_secret
        )

    async def ListPayments(
        self, request: payment_pb2.ListPaymentsRequest, context: Call
    ) -> payment_pb2.ListPaymentsResponse:
        """See the contract."""
        size = request.page_size or _DEFAULT_PAGE
        before = _last_of(request.page_token)
        found = await self._store.listed(context.identity.user_id, before, size + 1)
        page = found[:size]
        return payment_pb2.ListPaymentsResponse(
            payments=[payment.to_wire() for payment in page],
            next_page_token=_token_after(page[-1]) if len(found) > size else "",
        )

    async def GetPayment(
        self, request: payment_pb2.GetPaymentRequest, context: Call
    ) -> payment_pb2.GetPaymentResponse:
        """See the contract."""
        payment = await self._store.find(UUID(request.payment_id))
        if payment is None or not context.identity.owns(payment.user_id):
            raise NotFound("PAYMENT_NOT_FOUND", "there is no such payment")
        return payment_pb2.GetPaymentResponse(payment=payment.to_wire())

    async def BatchGetPayments(
        self, request: payment_pb2.BatchGetPaymentsRequest, context: Call
    ) -> payment_pb2.BatchGetPaymentsResponse:
        """See the contract."""
        found = await self._store.latest(UUID(each) for each in request.booking_ids if _is_id(each))
        who = context.identity
        seen = [each for each in found if who.service in _TRUSTED or who.owns(each.user_id)]
        return payment_pb2.BatchGetPaymentsResponse(payments=[each.to_wire() for each in seen])

    async def CapturePayment(
        self, request: payment_pb2.CapturePaymentRequest, context: Call
    ) -> payment_pb2.CapturePaymentResponse:
        """See the contract."""
        payment = await self._till.capture(request.booking_id)
        return payment_pb2.CapturePaymentResponse(payment=payment.to_wire())

    async def ReturnPayment(
        self, request: payment_pb2.ReturnPaymentRequest, context: Call
    ) -> payment_pb2.ReturnPaymentResponse:
        """See the contract."""
        payment = await self._till.give_back(request.booking_id)
        return payment_pb2.ReturnPaymentResponse(payment=payment.to_wire() if payment else None)

    async def ReceiveWebhook(
        self, request: payment_pb2.ReceiveWebhookRequest, context: Call
    ) -> payment_pb2.ReceiveWebhookResponse:
        """See the contract."""
        signature = context.metadata.get("stripe-signature", "")
        accepted = await self._webhooks.receive(request.payload.data, signature)
        return payment_pb2.ReceiveWebhookResponse(accepted=accepted)

    async def EraseUser(
        self, request: payment_pb2.EraseUserRequest, context: Call
    ) -> payment_pb2.EraseUserResponse:
        """See the contract."""
        return payment_pb2.EraseUserResponse(erased=await self._store.erase(request.user_id))

    async def _owed(self, booking_id: str, identity: Identity) -> Money:
        """What the caller owes for a booking."""
        answer = await self._bookings.get_booking(
            booking_pb2.GetBookingRequest(booking_id=booking_id)
        )
        booking = answer.booking
        if not identity.owns(booking.user_id):
            raise NotFound("BOOKING_NOT_FOUND", "there is no such booking")
        if booking.state != booking_pb2.BOOKING_STATE_AWAITING_PAYMENT:
            raise FailedPrecondition(
                "BOOKING_NOT_PAYABLE", "this booking does not wait for a payment"
            )
        if booking.expire_time.seconds <= self._clock.now().timestamp():
            raise FailedPrecondition("BOOKING_EXPIRED", "this booking was not paid in time")
        return Money.from_wire(booking.total)


def _claim(request: payment_pb2.CreatePaymentIntentRequest, context: Call) -> Claim:
    return Claim(
        user_id=context.identity.user_id,
        client_key=context.idempotency_key,
        request_hash=hashlib.sha256(request.SerializeToString(deterministic=True)).digest(),
        booking_id=request.booking_id,
        payment_method=request.payment_method,
    )


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _token_after(payment: Payment) -> str:
    return base64.urlsafe_b64encode(payment.payment_id.bytes).decode()


def _last_of(token: str) -> UUID | None:
    """The payment that a page token stands for; None for the first page."""
    if not token:
        return None
    try:
        return UUID(bytes=base64.b64decode(token, altchars=b"-_", validate=True))
    except ValueError as problem:
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "the page token is not one of ours"
        ) from problem
