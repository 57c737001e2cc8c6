"""One execution: the RPCs of a plan, the joins below them, and what could not be given."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edge.graphql import failures
from edge.graphql.failures import DOMAIN, Error
from edge.graphql.plan import Call, Plan
from edge.graphql.projection import Answer, Want
from edge.graphql.schema import Schema
from edge.graphql.table import Join, Root
from mesh.channel import Channel
from mesh.faults import Fault, Internal, from_status

Path = list[str | int]
Metadata = Sequence[tuple[str, str]]

# The contract's streams end after 30 minutes; this is for one that does not.
_LONGEST_STREAM = 31 * 60.0


class Rpcs:
    """The RPCs of a schema, each over the channel of its service."""

    def __init__(self, schema: Schema, channel_for: Callable[[str], Channel]) -> None:
        self._schema = schema
        self._channel_for = channel_for
        self._unary: dict[str, Callable[..., Awaitable[Any]]] = {}

    async def call(self, target: Root | Join, request: Any, metadata: Metadata) -> Any:
        """The response of the unary RPC behind a root field or a join."""
        method = self._unary.get(target.rpc)
        if method is None:
            channel = self._channel_for(target.service)
            codec = self._codec(target.request, target.response)
            method = self._unary[target.rpc] = channel.unary_unary(target.rpc, *codec)
        return await method(request, timeout=target.timeout_ms / 1000, metadata=metadata)

    def stream(self, root: Root, request: Any, metadata: Metadata) -> Any:
        """The responses of the stream behind a subscription."""
        codec = self._codec(root.request, root.response)
        method = self._channel_for(root.service).unary_stream(root.rpc, *codec)
        return method(request, timeout=_LONGEST_STREAM, metadata=metadata)

    def _codec(self, request: str, response: str) -> tuple[Any, Any]:
        to_bytes = self._schema.message(request).SerializeToString
        return to_bytes, self._schema.message(response).FromString


@dataclass(frozen=True)
class Outgoing:
    """What a root field sends: the request, and metadata for this call alone."""

    request: Any
    metadata: Metadata = ()


@dataclass
class _Loss:
    """A value that could not be given: at `path` below `answer`."""

    answer: Answer
    path: Path
    fault: Fault
    nullable: bool


class Run:
    """The state of one execution; it is the sink that projections leave their wishes in."""

    def __init__(self, schema: Schema, rpcs: Rpcs, metadata: Metadata, request_id: str) -> None:
        self._schema = schema
        self._rpcs = rpcs
        self._metadata = metadata
        self._request_id = request_id
        self._wants: list[Want] = []
        self._losses: list[_Loss] = []

    async def query(self, plan: Plan, outgoing: list[Outgoing | Fault]) -> Answer:
        """The data of a query: all root fields at once, then the joins level by level."""
        data = plan.template.copy()
        calls = list(zip(plan.calls, outgoing, strict=True))
        responses = await asyncio.gather(*(self._root(data, *call) for call in calls))
        for call, response in zip(plan.calls, responses, strict=True):
            self._fill(data, call, response)
        await self._join()
        return data

    async def mutation(self, plan: Plan, outgoing: list[Outgoing | Fault]) -> Answer:
        """The data of a mutation: one root field after the other, each with its joins."""
        data = plan.template.copy()
        for call, sent in zip(plan.calls, outgoing, strict=True):
            self._fill(data, call, await self._root(data, call, sent))
            await self._join()
        return data

    async def event(self, plan: Plan, response: Any) -> Answer:
        """The data of one event of a subscription."""
        data = plan.template.copy()
        self._fill(data, plan.calls[0], response)
        await self._join()
        return data

    def finish(self, data: Answer) -> Answer:
        """The whole answer: `data` with nulls where values were lost, and why."""
        if not self._losses:
            return {"data": data}
        places = {id(answer): path for answer, path in _objects(data, [])}
        errors: list[Error] = []
        for loss in self._losses:
            place = places.get(id(loss.answer))
            if place is None or _at(data, place) is not loss.answer:
                # What it was lost from has itself become null meanwhile.
                continue
            errors.append(failures.error(loss.fault, self._request_id, [*place, *loss.path]))
            if not loss.nullable:
                _null(data, place)
        return {"data": data, "errors": errors}

    def want(self, want: Want) -> None:
        """Ask for a joined field."""
        self._wants.append(want)

    def lose(self, answer: Answer, path: Path, message: str, *, nullable: bool) -> None:
        """Tell that the value at `path` below `answer` could not be given."""
        fault = Internal("UNREPRESENTABLE", message)
        self._losses.append(_Loss(answer, path, fault, nullable))

    async def _root(self, data: Answer, call: Call, sent: Outgoing | Fault) -> Any:
        try:
            if isinstance(sent, Fault):
                raise sent
            metadata = [*self._metadata, *sent.metadata]
            return await self._rpcs.call(call.root, sent.request, metadata)
        except Exception as problem:
            fault = failures.as_fault(problem)
            self._losses.append(_Loss(data, [call.key], fault, nullable=True))
            return None

    def _fill(self, data: Answer, call: Call, response: Any) -> None:
        if response is not None:
            call.projection.fill(response, data, self)

    async def _join(self) -> None:
        """Answer the wishes level by level: one batch for each RPC, whoever asked."""
        while self._wants:
            batches: dict[tuple[str, str, str, str], list[Want]] = defaultdict(list)
            for want in self._wants:
                join = want.field.join
                batches[join.rpc, join.keys, join.items, join.key].append(want)
            self._wants = []
            await asyncio.gather(*(self._load(wants) for wants in batches.values()))

    async def _load(self, wants: list[Want]) -> None:
        join = wants[0].field.join
        keys = list(dict.fromkeys(want.value for want in wants if want.value))
        chunks = [keys[start : start + join.batch] for start in range(0, len(keys), join.batch)]
        found: dict[Any, list[Any]] = defaultdict(list)
        failed: dict[Any, Fault] = {}
        for chunk, items in zip(
            chunks, await asyncio.gather(*(self._chunk(join, c) for c in chunks)), strict=True
        ):
            if isinstance(items, Fault):
                failed |= dict.fromkeys(chunk, items)
                continue
            for item in items:
                found[getattr(item, join.key)].append(item)
        for want in wants:
            self._give(want, found.get(want.value, []), failed.get(want.value))

    async def _chunk(self, join: Join, keys: list[Any]) -> Any:
        request = self._schema.message(join.request)(**{join.keys: keys})
        try:
            response = await self._rpcs.call(join, request, self._metadata)
        except Exception as problem:
            return failures.as_fault(problem)
        return getattr(response, join.items)

    def _give(self, want: Want, items: list[Any], fault: Fault | None) -> None:
        key, join, inner = want.field.key, want.field.join, want.field.inner
        if fault is not None:
            self._losses.append(_Loss(want.answer, [key], fault, nullable=not join.group))
        elif join.group:
            want.answer[key] = [inner.read(item, self) for item in items]
        else:
            want.answer[key] = inner.read(items[0], self) if items else None


async def events(rpcs: Rpcs, root: Root, request: Any, metadata: Metadata) -> AsyncIterator[Any]:
    """The responses of a stream that carry an item; a Fault when it fails, in band or not."""
    stream = rpcs.stream(root, request, metadata)
    try:
        async for response in stream:
            if response.HasField("error"):
                fault = from_status(response.error)
                fault.domain = fault.domain or DOMAIN
                raise fault
            if response.HasField("item"):
                yield response
    except Fault:
        raise
    except Exception as problem:
        raise failures.as_fault(problem) from problem
    finally:
        await _end(stream)


async def _end(stream: Any) -> None:
    if hasattr(stream, "aclose"):
        await stream.aclose()
    else:
        stream.cancel()


def _objects(value: Any, path: Path) -> Iterator[tuple[Answer, Path]]:
    """Every object of an answer with where it is."""
    if isinstance(value, dict):
        yield value, path
        for key, inner in value.items():
            yield from _objects(inner, [*path, key])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _objects(inner, [*path, index])


def _at(data: Answer, path: Path) -> Any:
    value: Any = data
    for step in path:
        if value is None:
            return None
        value = value[step]
    return value


def _null(data: Answer, path: Path) -> None:
    """Null in place of the object at `path`, or of the nearest thing around it that may be null.

    Fields that hold an object may; items of a list may not, nor lists, except for a root field.
    """
    while len(path) > 2 and isinstance(path[-1], int):
        path = path[:-2]
    if len(path) == 2 and isinstance(path[-1], int):
        path = path[:1]
    holder = _at(data, path[:-1])
    holder[path[-1]] = None
