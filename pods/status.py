"""What runs, as a table: every part with its pod, health, memory and address."""

import asyncio

import psutil

from pods.ledger import Ledger, Record
from pods.part import Part

MEGABYTE = 1_000_000
ROW = "{:<16} {:<11} {:<10} {:>8} {:>9}  {}"


async def table(parts: tuple[Part, ...], ledger: Ledger) -> list[str]:
    """The lines of `make status`; memory is proportional (PSS), so that its total is true."""
    staying = [part for part in parts if not part.once]
    records = {part.name: ledger.read(part.name) for part in staying}
    healths = await asyncio.gather(*(_health(part, records[part.name]) for part in staying))
    lines = [ROW.format("PROCESS", "POD", "HEALTH", "PID", "MEMORY", "ADDRESS")]
    total = 0
    for part, health in zip(staying, healths, strict=True):
        record = records[part.name]
        alive = record is not None and record.alive()
        memory = memory_bytes(record.pid) if record and alive else 0
        total += memory
        pid = str(record.pid) if record and alive else "-"
        cells = (part.name, part.pod, health, pid, _megabytes(memory), part.address)
        lines.append(ROW.format(*cells))
    lines.append(ROW.format("total", "", "", "", _megabytes(total), "").rstrip())
    return lines


def memory_bytes(pid: int) -> int:
    """The proportional memory of a process and its children, in bytes."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_proportional, family))


async def _health(part: Part, record: Record | None) -> str:
    if record is None:
        return "stopped"
    if not record.alive():
        return "crashed"
    return "ready" if await part.ready() else "not ready"


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _megabytes(count: int) -> str:
    return f"{count / MEGABYTE:.0f} MB"
