# Written by `python -m edge.generate`; do not edit.
import abc
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from dreamscape.payment.v1 import payment_pb2

class PaymentServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    CreatePaymentIntent: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.CreatePaymentIntentRequest, payment_pb2.CreatePaymentIntentResponse]
    ListPayments: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.ListPaymentsRequest, payment_pb2.ListPaymentsResponse]
    GetPayment: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.GetPaymentRequest, payment_pb2.GetPaymentResponse]
    BatchGetPayments: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.BatchGetPaymentsRequest, payment_pb2.BatchGetPaymentsResponse]
    CapturePayment: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.CapturePaymentRequest, payment_pb2.CapturePaymentResponse]
    ReturnPayment: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.ReturnPaymentRequest, payment_pb2.ReturnPaymentResponse]
    ReceiveWebhook: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.ReceiveWebhookRequest, payment_pb2.ReceiveWebhookResponse]
    EraseUser: grpc.aio.UnaryUnaryMultiCallable[payment_pb2.EraseUserRequest, payment_pb2.EraseUserResponse]

class PaymentServiceServicer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    async def CreatePaymentIntent(self, request: payment_pb2.CreatePaymentIntentRequest, context: Any) -> payment_pb2.CreatePaymentIntentResponse: ...
    @abc.abstractmethod
    async def ListPayments(self, request: payment_pb2.ListPaymentsRequest, context: Any) -> payment_pb2.ListPaymentsResponse: ...
    @abc.abstractmethod
    async def GetPayment(self, request: payment_pb2.GetPaymentRequest, context: Any) -> payment_pb2.GetPaymentResponse: ...
    @abc.abstractmethod
    async def BatchGetPayments(self, request: payment_pb2.BatchGetPaymentsRequest, context: Any) -> payment_pb2.BatchGetPaymentsResponse: ...
    @abc.abstractmethod
    async def CapturePayment(self, request: payment_pb2.CapturePaymentRequest, context: Any) -> payment_pb2.CapturePaymentResponse: ...
    @abc.abstractmethod
    async def ReturnPayment(self, request: payment_pb2.ReturnPaymentRequest, context: Any) -> payment_pb2.ReturnPaymentResponse: ...
    @abc.abstractmethod
    async def ReceiveWebhook(self, request: payment_pb2.ReceiveWebhookRequest, context: Any) -> payment_pb2.ReceiveWebhookResponse: ...
    @abc.abstractmethod
    async def EraseUser(self, request: payment_pb2.EraseUserRequest, context: Any) -> payment_pb2.EraseUserResponse: ...

def add_PaymentServiceServicer_to_server(servicer: PaymentServiceServicer, server: Any) -> None: ...
