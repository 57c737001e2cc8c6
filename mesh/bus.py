"""Events over the Kafka protocol: CloudEvents in binary mode, protobuf payloads, at least once.

kafka-python blocks, so the producer runs in one bounded thread and each consumer in a thread of
its own; handlers run on the event loop. An offset is committed after the handler has returned. An
event that fails again and again goes to `<topic>.dlq`, so that it neither is lost nor blocks.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

_ACK_SECONDS = 10.0
_CONNECT_SECONDS = 3.0
# The embedded broker's group join takes half the session timeout.
_SESSION_MS = 6_000
_HEARTBEAT_MS = 1_500
_POLL_MS = 500
_BATCH = 50
_ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_RECONNECT_AFTER = 1.0
_STOP_SECONDS = 10.0

_log = logging.getLogger("mesh.bus")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `type` is the payload's message name, `key` its aggregate."""

    event_id: str
    topic: str
    key: str
    type: str
    source: str
    time: datetime
    payload: bytes


Handler = Callable[[Event], Awaitable[None]]


class Bus:
    """Where events are published."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bus")
        self._producer: KafkaProducer | None = None

    async def publish(self, events: Sequence[Event], *, suffix: str = "") -> None:
        """Send `events` and wait until every one is acknowledged.

        `suffix` is added to the topics. ConnectionError when one is not acknowledged within ten
        seconds; some may have been sent then.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._send, events, suffix)

    async def close(self) -> None:
        """Close the connection."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._drop)
        self._thread.shutdown(wait=False)

    def _send(self, events: Sequence[Event], suffix: str) -> None:
        try:
            if self._producer is None:
                self._producer = _producer(self._bootstrap)
            sent = [
                self._producer.send(
                    event.topic + suffix,
                    key=event.key.encode(),
                    value=event.payload,
                    headers=_headers(event),
                )
                for event in events
            ]
            for future in sent:
                future.get(timeout=_ACK_SECONDS)
        except KafkaError as problem:
            # A producer that failed may hold what it could not send: start over with a new one.
            self._drop()
            raise ConnectionError(f"the broker did not acknowledge: {problem}") from problem

    def _drop(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=1)
            self._producer = None


def _producer(bootstrap: str) -> Any:
    return KafkaProducer(
        bootstrap_servers=bootstrap,
        bootstrap_timeout_ms=int(_CONNECT_SECONDS * 1000),
        acks="all",
        enable_idempotence=False,  # the outbox repeats and the inbox ignores: nothing to gain
        linger_ms=0,
        max_block_ms=int(_CONNECT_SECONDS * 1000),
        request_timeout_ms=int(_ACK_SECONDS * 1000) // 2,
        delivery_timeout_ms=int(_ACK_SECONDS * 1000),
        retries=3,
    )


def _headers(event: Event) -> list[tuple[str, bytes]]:
    facts = {
        "ce_specversion": "1.0",
        "ce_id": event.event_id,
        "ce_type": event.type,
        "ce_source": event.source,
        "ce_time": event.time.isoformat(),
        "content-type": "application/protobuf",
    }
    return [(name, value.encode()) for name, value in facts.items()]


def _event(record: Any) -> Event:
    headers = {name: value.decode() for name, value in record.headers}
    return Event(
        event_id=headers["ce_id"],
        topic=record.topic,
        key=(record.key or b"").decode(),
        type=headers["ce_type"],
        source=headers["ce_source"],
        time=datetime.fromisoformat(headers["ce_time"]),
        payload=record.value or b"",
    )


class Consumer:
    """Hands the events of some topics to a handler, one by one, as one member of a group."""

    def __init__(
        self, bootstrap: str, group: str, topics: Iterable[str], handler: Handler, bus: Bus
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topics = sorted(topics)
        self._handler = handler
        self._bus = bus
        self._stopped = threading.Event()

    async def run(self) -> None:
        """Consume until cancelled; what is being handled then is handed over again later."""
        loop = asyncio.get_running_loop()
        done: Future[None] = Future()
        thread = threading.Thread(
            target=self._consume, args=(loop, done), name=self._group, daemon=True
        )
        thread.start()
        try:
            await asyncio.wrap_future(done)
        finally:
            self._stopped.set()
            await asyncio.to_thread(thread.join, _STOP_SECONDS)

    def _consume(self, loop: asyncio.AbstractEventLoop, done: "Future[None]") -> None:
        while not self._stopped.is_set():
            try:
                self._session(loop)
            except (KafkaError, OSError) as problem:
                _log.warning("consumer %s: %s", self._group, problem)
                self._stopped.wait(_RECONNECT_AFTER)
        if not done.done():
            done.set_result(None)

    def _session(self, loop: asyncio.AbstractEventLoop) -> None:
        consumer = KafkaConsumer(
            *self._topics,
            bootstrap_servers=self._bootstrap,
            bootstrap_timeout_ms=int(_CONNECT_SECONDS * 1000),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            max_poll_records=_BATCH,
            metadata_max_age_ms=5_000,  # a topic that is created later is found soon
        )
        try:
            while not self._stopped.is_set():
                for records in consumer.poll(timeout_ms=_POLL_MS).values():
                    for record in records:
                        if not self._handled(loop, record):
                            return
                    consumer.commit()
        finally:
            consumer.close(autocommit=False)

    def _handled(self, loop: asyncio.AbstractEventLoop, record: Any) -> bool:
        """Whether the record is done with; False when this consumer is being stopped."""
        work = asyncio.run_coroutine_threadsafe(self._deliver(record), loop)
        while not self._stopped.is_set():
            try:
                work.result(timeout=_POLL_MS / 1000)
            except TimeoutError:
                continue
            return True
        work.cancel()
        return False

    async def _deliver(self, record: Any) -> None:
        try:
            event = _event(record)
        except (KeyError, ValueError) as problem:
            _log.error("consumer %s: undecodable event dropped: %s", self._group, problem)
            return
        pause = _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._handler(event)
                return
            except Exception:
                _log.exception("%s: attempt %d at %s", self._group, attempt, event.event_id)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        await self._bus.publish([event], suffix=".dlq")
