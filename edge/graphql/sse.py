"""Server-sent events, one connection for each operation: `next` for each answer, then `complete`.

Errors travel as answers, because a browser's EventSource cannot read any other body.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

import orjson

from edge.graphql import failures
from edge.graphql.engine import Failed
from edge.graphql.failures import Refused, request_error

# Below the 30 seconds after which proxies take a quiet connection for dead.
_QUIET_SECONDS = 15.0
_COMPLETE = b"event: complete\ndata:\n\n"
_STILL_HERE = b":\n\n"

MUTATION_BY_GET = request_error("METHOD_NOT_ALLOWED", "a mutation takes POST")


async def stream(answers: AsyncGenerator[object, None]) -> AsyncIterator[bytes]:
    """The answers as events, with a comment now and then while there are none."""
    try:
        async with aclosing(_beside_silence(answers)) as parts:
            async for answer in parts:
                yield _STILL_HERE if answer is None else _next(answer)
    except (Refused, Failed) as ended:
        yield _next({"errors": ended.errors})
    except Exception as problem:
        yield _next({"errors": [failures.error(failures.as_fault(problem))]})
    yield _COMPLETE


def _next(answer: object) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(answer) + b"\n\n"


async def _beside_silence(
    answers: AsyncGenerator[object, None],
) -> AsyncGenerator[object | None, None]:
    """The answers, and None whenever there has been none for a while."""
    waiting: asyncio.Task[object] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(answers))
            done, _ = await asyncio.wait({waiting}, timeout=_QUIET_SECONDS)
            if not done:
                yield None
                continue
            finished, waiting = waiting, None
            try:
                answer = finished.result()
            except StopAsyncIteration:
                return
            yield answer
    finally:
        if waiting is not None:
            waiting.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, Failed, Refused):
                await waiting
        await answers.aclose()
