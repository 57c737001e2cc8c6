# Written by `python -m edge.generate`; do not edit.
"""The client of dreamscape.payment.v1.PaymentService."""

from dreamscape.calls import Channel, Metadata
from dreamscape.payment.v1 import payment_pb2


class PaymentClient:
    """Payments for bookings.

    Resource: a payment, one for each booking that is being paid. Cards are known to the provider
    only. Money is authorised first, captured once the supplier has confirmed, released or refunded
    otherwise.
    """

    def __init__(self, channel: Channel) -> None:
        self._create_payment_intent = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/CreatePaymentIntent",
            payment_pb2.CreatePaymentIntentRequest.SerializeToString,
            payment_pb2.CreatePaymentIntentResponse.FromString,
        )
        self._list_payments = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/ListPayments",
            payment_pb2.ListPaymentsRequest.SerializeToString,
            payment_pb2.ListPaymentsResponse.FromString,
        )
        self._get_payment = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/GetPayment",
            payment_pb2.GetPaymentRequest.SerializeToString,
            payment_pb2.GetPaymentResponse.FromString,
        )
        self._batch_get_payments = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/BatchGetPayments",
            payment_pb2.BatchGetPaymentsRequest.SerializeToString,
            payment_pb2.BatchGetPaymentsResponse.FromString,
        )
        self._capture_payment = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/CapturePayment",
            payment_pb2.CapturePaymentRequest.SerializeToString,
            payment_pb2.CapturePaymentResponse.FromString,
        )
        self._return_payment = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/ReturnPayment",
            payment_pb2.ReturnPaymentRequest.SerializeToString,
            payment_pb2.ReturnPaymentResponse.FromString,
        )
        self._receive_webhook = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/ReceiveWebhook",
            payment_pb2.ReceiveWebhookRequest.SerializeToString,
            payment_pb2.ReceiveWebhookResponse.FromString,
        )
        self._erase_user = channel.unary_unary(
            "/dreamscape.payment.v1.PaymentService/EraseUser",
            payment_pb2.EraseUserRequest.SerializeToString,
            payment_pb2.EraseUserResponse.FromString,
        )

    async def create_payment_intent(
        self,
        request: payment_pb2.CreatePaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.CreatePaymentIntentResponse:
        """Starts the payment of a booking; the amount is the booking's.
        With a payment method of the provider it is confirmed at once, without one the client confirms
        it at the provider with the client secret.
        Fails with NOT_FOUND for somebody else's booking, FAILED_PRECONDITION when the booking is not
        waiting for a payment or the card is declined.
        """
        response: payment_pb2.CreatePaymentIntentResponse = await self._create_payment_intent(
            request,
            timeout=20.0 if timeout is None else timeout,
            metadata=(*metadata, ("idempotency-key", idempotency_key)),
        )
        return response

    async def list_payments(
        self,
        request: payment_pb2.ListPaymentsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.ListPaymentsResponse:
        """The caller's payments, newest first."""
        response: payment_pb2.ListPaymentsResponse = await self._list_payments(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def get_payment(
        self,
        request: payment_pb2.GetPaymentRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.GetPaymentResponse:
        """One payment. Fails with NOT_FOUND when it is not there or somebody else's."""
        response: payment_pb2.GetPaymentResponse = await self._get_payment(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def batch_get_payments(
        self,
        request: payment_pb2.BatchGetPaymentsRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.BatchGetPaymentsResponse:
        """Payments of bookings, in any order. Those the caller may not see are left out."""
        response: payment_pb2.BatchGetPaymentsResponse = await self._batch_get_payments(
            request,
            timeout=2.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def capture_payment(
        self,
        request: payment_pb2.CapturePaymentRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.CapturePaymentResponse:
        """Takes the authorised money of a booking; capturing again answers the same.
        Fails with FAILED_PRECONDITION when nothing is authorised.

        Inside the mesh only, for booking; the edge has no route to it.
        """
        response: payment_pb2.CapturePaymentResponse = await self._capture_payment(
            request,
            timeout=20.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def return_payment(
        self,
        request: payment_pb2.ReturnPaymentRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.ReturnPaymentResponse:
        """Gives a booking's money back: releases what is authorised, refunds what is captured, and sees
        to it that nothing can be authorised later. Doing it again answers the same.

        Inside the mesh only, for booking; the edge has no route to it.
        """
        response: payment_pb2.ReturnPaymentResponse = await self._return_payment(
            request,
            timeout=20.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def receive_webhook(
        self,
        request: payment_pb2.ReceiveWebhookRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.ReceiveWebhookResponse:
        """Takes the provider's signed events; only the signature admits them.
        Fails with INVALID_ARGUMENT when the signature is missing, wrong or too old.
        """
        response: payment_pb2.ReceiveWebhookResponse = await self._receive_webhook(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response

    async def erase_user(
        self,
        request: payment_pb2.EraseUserRequest,
        *,
        timeout: float | None = None,
        metadata: Metadata = (),
    ) -> payment_pb2.EraseUserResponse:
        """Forgets whose a user's payments were; the sums stay, as the law of accounts has it. Erasing again succeeds.

        Inside the mesh only, for user; the edge has no route to it.
        """
        response: payment_pb2.EraseUserResponse = await self._erase_user(
            request,
            timeout=5.0 if timeout is None else timeout,
            metadata=metadata,
        )
        return response
