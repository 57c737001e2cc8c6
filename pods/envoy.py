"""Envoy in front of each pod: the generated template, filled in with ports and paths."""

import re
from collections.abc import Mapping

import orjson

from pods import probes, wheels
from pods.config import Config
from pods.part import LOCAL, Part
from pods.refusal import Refusal

# `${NAME}`, or `${50*NAME}` for a number of which the template has one part.
PLACEHOLDER = re.compile(r"\$\{(?:([0-9]+)\*)?([A-Z_]+)\}")


def envoys(config: Config) -> tuple[Part, ...]:
    """The proxies of this topology; the public one comes last, when all behind it is ready."""
    ports = config.ports
    edge = (ports.edge, ports.edge_admin)
    if config.topology == "single":
        return (_envoy(config, name="single", pod="single", ports=edge, behind=("single",)),)
    core = (ports.core_envoy, ports.core_admin)
    business = (ports.business_envoy, ports.business_admin)
    behind = ("experience", "envoy-core", "envoy-business")
    return (
        _envoy(config, name="core", pod="core", ports=core, behind=("core",)),
        _envoy(config, name="business", pod="business", ports=business, behind=("business",)),
        _envoy(config, name="edge", pod="experience", ports=edge, behind=behind),
    )


def placeholders(config: Config) -> dict[str, str]:
    """What a template may ask for, by the name it asks with."""
    ports = config.ports
    return {
        "EDGE_PORT": str(ports.edge),
        "EDGE_ADMIN_PORT": str(ports.edge_admin),
        "CORE_PORT": str(ports.core_envoy),
        "CORE_ADMIN_PORT": str(ports.core_admin),
        "CORE_GRPC_PORT": str(ports.core_grpc),
        "BUSINESS_PORT": str(ports.business_envoy),
        "BUSINESS_ADMIN_PORT": str(ports.business_admin),
        "BUSINESS_GRPC_PORT": str(ports.business_grpc),
        "EXPERIENCE_HTTP_PORT": str(ports.experience_http),
        "EXPERIENCE_GRPC_PORT": str(ports.experience_grpc),
        "DESCRIPTOR": str(config.root / "gen" / "envoy" / "descriptor.binpb"),
        "RATE_FACTOR": str(config.rate_factor),
    }


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill `${NAME}` inside JSON strings; Refusal names a placeholder nobody knows."""
    unknown = {name for _, name in PLACEHOLDER.findall(template)} - set(values)
    if unknown:
        raise Refusal(f"Unknown placeholder in an Envoy template: {', '.join(sorted(unknown))}")

    def value(match: re.Match[str]) -> str:
        times, filling = match[1], values[match[2]]
        text = str(int(times) * int(filling)) if times else filling
        return orjson.dumps(text).decode()[1:-1]

    rendered = PLACEHOLDER.sub(value, template)
    if "${" in rendered:
        raise Refusal("An Envoy template holds a placeholder that is not of the form ${NAME}")
    return rendered


def _envoy(
    config: Config, *, name: str, pod: str, ports: tuple[int, int], behind: tuple[str, ...]
) -> Part:
    template = config.root / "gen" / "envoy" / f"{name}.json"
    rendered = config.state_dir / "envoy" / f"{name}.json"

    async def prepare() -> None:
        if not template.exists():
            raise Refusal(f"{template} is missing: run 'make generate'")
        rendered.parent.mkdir(parents=True, exist_ok=True)
        rendered.write_text(render(template.read_text(), placeholders(config)))

    return Part(
        name=f"envoy-{name}",
        group="envoys",
        pod=pod,
        argv=(
            *(wheels.executable(wheels.ENVOY), "-c", str(rendered), "--concurrency", "1"),
            *("--disable-hot-restart", "--log-level", "warn"),
        ),
        address=f"{LOCAL}:{ports[0]}",
        ports=ports,
        needs=behind,
        prepare=prepare,
        ready=probes.http(f"http://{LOCAL}:{ports[1]}/ready"),
    )
