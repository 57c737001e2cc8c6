"""The command line: `python -m pods up | down | status | …`, which the Makefile calls."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import uvloop

from mesh.clock import SystemClock, SystemIds
from pods.addresses import OIDC_CLIENT_ID, addresses, environment_lines
from pods.config import Config
from pods.keys import rotate
from pods.ledger import Ledger
from pods.refusal import Refusal
from pods.roster import roster
from pods.secrets import Secrets, ensure, load
from pods.status import table
from pods.supervisor import Supervisor

Command = Callable[[Config, argparse.Namespace], Coroutine[Any, Any, None]]
STATE_ENTRIES = ("secrets", "data", "logs", "run", "envoy", "sandbox", "lock")


def main() -> int:
    """Run the command given; a refusal becomes one sentence on stderr and exit status 1."""
    arguments = _parser().parse_args()
    command: Command = arguments.command
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(command(Config.from_environment(), arguments))
    except PermissionError as denied:
        return _refuse(f"{denied.filename} belongs to another user: use the one who made it")
    except (Refusal, OSError) as reason:
        return _refuse(str(reason))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    return 0


def _refuse(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr, flush=True)
    return 1


def say(line: str) -> None:
    """Print one line of progress at once."""
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pods", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    up = add("up", _up, "start everything that does not run, then book one trip")
    up.add_argument("--only", action="append", default=[], help="a part or group, and its needs")
    add("down", _down, "stop everything, keep the data")
    add("clean", _clean, "stop everything, forget the data and the secrets")
    add("status", _status, "show every process")
    add("env", _env, "print every address as KEY=VALUE")
    logs = add("logs", _logs, "follow the logs of all parts, or of one")
    logs.add_argument("name", nargs="?", default="*")
    for name, command, text in (
        ("restart", _restart, "stop one part and start it again"),
        ("kill", _kill, "end one part with SIGKILL"),
        ("run", _run, "be a pod, in the foreground"),
    ):
        add(name, command, text).add_argument("name")
    add("sandbox", _sandbox, "be the sandbox, in the foreground")
    add("migrate", _migrate, "bring every schema up to date and load the small world")
    add(
        "rotate-keys",
        _rotate_keys,
        "add a key that will sign tokens, remove those that had their time",
    )
    add("story", _story, "book one trip through the public edge and print it")
    return parser


async def _up(config: Config, arguments: argparse.Namespace) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    _stop_at_sigterm()
    secrets = ensure(config, SystemIds())
    supervisor = Supervisor(config, roster(config, secrets), clock, say)
    begun = await supervisor.start(arguments.only or None)
    if not arguments.only:
        try:
            await _story(config, arguments)
        except BaseException:
            await supervisor.stop(begun)
            raise
    say(f"up in {clock.monotonic() - began:.1f} s: {addresses(config, secrets).edge_url}")


async def _down(config: Config, _: argparse.Namespace) -> None:
    if config.state_dir.is_dir():
        await Supervisor(config, (), SystemClock(), say).stop()


async def _clean(config: Config, arguments: argparse.Namespace) -> None:
    await _down(config, arguments)
    for entry in (config.state_dir / name for name in STATE_ENTRIES):
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    if config.state_dir.is_dir() and not any(config.state_dir.iterdir()):
        config.state_dir.rmdir()


async def _status(config: Config, _: argparse.Namespace) -> None:
    for line in await table(roster(config, load(config)), Ledger(config)):
        say(line)


async def _env(config: Config, _: argparse.Namespace) -> None:
    for line in environment_lines(config, load(config)):
        say(line)


async def _logs(config: Config, arguments: argparse.Namespace) -> None:
    logs = sorted(str(path) for path in (config.state_dir / "logs").glob(f"{arguments.name}.log"))
    if not logs:
        raise Refusal(f"There is no log of {arguments.name!r} yet: run 'make up' first")
    os.execvp("tail", ["tail", "--lines=20", "--follow=name", *logs])  # noqa: S606, S607


async def _rotate_keys(config: Config, _: argparse.Namespace) -> None:
    for line in rotate(config, SystemClock(), SystemIds()):
        say(line)


async def _restart(config: Config, arguments: argparse.Namespace) -> None:
    await _supervisor(config).restart(arguments.name)


async def _kill(config: Config, arguments: argparse.Namespace) -> None:
    await _supervisor(config).kill(arguments.name)


# What follows is imported where it is used: `down` must work, and fast, without the services.


async def _run(config: Config, arguments: argparse.Namespace) -> None:
    from pods import process  # noqa: PLC0415

    await process.run(config, load(config), arguments.name)


async def _migrate(config: Config, _: argparse.Namespace) -> None:
    from pods import process  # noqa: PLC0415

    await process.migrate(config, load(config))


async def _story(config: Config, _: argparse.Namespace) -> None:
    from pods import story  # noqa: PLC0415

    try:
        await story.book_one_trip(config)
    except (httpx.HTTPError, OSError) as reason:
        raise Refusal(f"No trip could be booked through the edge: {reason}") from reason


async def _sandbox(config: Config, _: argparse.Namespace) -> None:
    from sandbox.main import SandboxConfig, serve  # noqa: PLC0415

    ports, secrets = config.ports, load(config)
    found = addresses(config, secrets)
    settings = SandboxConfig(
        state_dir=config.state_dir / "sandbox",
        host="127.0.0.1",
        amadeus_port=ports.amadeus,
        stripe_port=ports.stripe,
        mailbox_port=ports.mailbox,
        smtp_port=ports.smtp,
        oidc_port=ports.oidc,
        amadeus_client_id=secrets.amadeus_client_id,
        amadeus_client_secret=secrets.amadeus_client_secret,
        stripe_secret_key=secrets.stripe_secret_key,
        stripe_publishable_key=secrets.stripe_publishable_key,
        stripe_webhook_url=found.stripe_webhook_url,
        stripe_webhook_secret=secrets.stripe_webhook_secret,
        oidc_client_id=OIDC_CLIENT_ID,
        oidc_client_secret=secrets.oidc_client_secret,
        oidc_redirect_uri=found.oauth_callback_url,
        seed=1,
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve(settings, SystemClock(), SystemIds(), stopped)


def _supervisor(config: Config) -> Supervisor:
    secrets: Secrets = load(config)
    return Supervisor(config, roster(config, secrets), SystemClock(), say)


def _stop_at_sigterm() -> None:
    """Let SIGTERM unwind a start as Ctrl-C does, so that nothing half-started stays."""
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
