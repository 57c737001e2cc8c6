"""Every part of one mesh, in one table: servers, sandbox, migration, pods and their proxies."""

import sys

from pods import probes
from pods.config import Config
from pods.envoy import envoys
from pods.part import LOCAL, Part
from pods.secrets import Secrets
from pods.servers import servers

SANDBOX_URLS = ("AMADEUS_URL", "STRIPE_URL", "MAILBOX_URL", "SMTP_URL", "OIDC_URL")
PYTHON_ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}


def roster(config: Config, secrets: Secrets) -> tuple[Part, ...]:
    """All parts that this configuration wants on this machine."""
    servers_here = servers(config, secrets)
    sandbox = (_sandbox(config),) if any(map(config.embeds, SANDBOX_URLS)) else ()
    migration = _migration(needs=tuple(part.name for part in servers_here))
    needs = (migration.name, *(part.name for part in sandbox))
    return (*servers_here, *sandbox, migration, *_pods(config, needs), *envoys(config))


def _command(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pods", *words)


def _sandbox(config: Config) -> Part:
    own = config.ports
    ports = (own.amadeus, own.stripe, own.mailbox, own.smtp, own.oidc)
    return Part(
        name="sandbox",
        group="sandbox",
        pod="-",
        argv=_command("sandbox"),
        address=f"{LOCAL}:{own.amadeus}",
        environment=PYTHON_ENVIRONMENT,
        ports=ports,
        ready=probes.listening(LOCAL, ports),
    )


def _migration(needs: tuple[str, ...]) -> Part:
    return Part(
        name="migrate",
        group="pods",
        pod="-",
        argv=_command("migrate"),
        environment=PYTHON_ENVIRONMENT,
        needs=needs,
        once=True,
    )


def _pods(config: Config, needs: tuple[str, ...]) -> tuple[Part, ...]:
    own = config.ports
    edge = (own.experience_grpc, own.experience_http)
    if config.topology == "single":
        return (_pod("single", edge, needs),)
    return (
        _pod("core", (own.core_grpc,), needs),
        _pod("business", (own.business_grpc,), needs),
        _pod("experience", edge, needs),
    )


def _pod(name: str, ports: tuple[int, ...], needs: tuple[str, ...]) -> Part:
    return Part(
        name=name,
        group="pods",
        pod=name,
        argv=_command("run", name),
        address=f"{LOCAL}:{ports[0]}",
        environment=PYTHON_ENVIRONMENT,
        ports=ports,
        needs=needs,
        ready=probes.grpc_health(host=LOCAL, port=ports[0]),
        grace=15.0,  # it drains for a second, then gives open calls ten
    )
