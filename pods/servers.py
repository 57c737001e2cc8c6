"""The real servers, as data: how each starts from its wheel, on what it stands, when it is ready.

Memory is capped where a server lets us, so that the whole mesh fits a small machine. A server whose
URL the environment gives is left out.
"""

import asyncio
import signal
from pathlib import Path

import orjson
from minio import Minio

from pods import database, probes, wheels
from pods.addresses import addresses
from pods.config import Config
from pods.part import LOCAL, Part
from pods.refusal import Refusal
from pods.secrets import Secrets, secrets_dir, write_private

KAFKA_BUCKET = "kafka"
S3_REGION = "us-east-1"


def servers(config: Config, secrets: Secrets) -> tuple[Part, ...]:
    """The servers this mesh has to start itself."""
    table = {
        "DATABASE_URL": postgres,
        "REDIS_URL": redis,
        "S3_URL": s3,
        "KAFKA_BOOTSTRAP": kafka,
    }
    return tuple(build(config, secrets) for url, build in table.items() if config.embeds(url))


def postgres(config: Config, secrets: Secrets) -> Part:
    """PostgreSQL 18 with pgvector, durable (fsync on), passwords by SCRAM."""
    return Part(
        name="postgres",
        group="servers",
        pod="-",
        argv=database.command(config),
        address=f"{LOCAL}:{config.ports.postgres}",
        ports=(config.ports.postgres,),
        prepare=lambda: database.initialise(config),
        ready=probes.postgres(database.admin_url(config, secrets, "postgres")),
        settle=lambda: database.create(config, secrets),
        stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
    )


def redis(config: Config, secrets: Secrets) -> Part:
    """Redis with a password, its log synced every second."""
    folder = config.data_dir("redis")
    settings = folder / "redis.conf"

    async def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        lines = (
            f"bind {LOCAL}",
            f"port {config.ports.redis}",
            f'dir "{folder}"',
            f"requirepass {secrets.redis_password}",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory 96mb",
            "maxmemory-policy volatile-lru",
        )
        write_private(settings, "\n".join(lines) + "\n")

    return Part(
        name="redis",
        group="servers",
        pod="-",
        argv=(wheels.executable(wheels.REDIS), str(settings)),
        address=f"{LOCAL}:{config.ports.redis}",
        ports=(config.ports.redis,),
        prepare=prepare,
        ready=probes.redis(addresses(config, secrets).redis_url),
    )


def s3(config: Config, secrets: Secrets) -> Part:
    """SeaweedFS with its S3 gateway: master, volume, filer and gateway in one process."""
    folder, identity = config.data_dir("s3"), secrets_dir(config) / "s3.json"
    sockets = weed_sockets(config)

    async def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_sockets(sockets)
        credentials = {"accessKey": secrets.s3_access_key, "secretKey": secrets.s3_secret_key}
        owner = {"name": "dreamscape", "credentials": [credentials], "actions": ["Admin"]}
        write_private(identity, orjson.dumps({"identities": [owner]}).decode())

    ports = config.ports
    return Part(
        name="s3",
        group="servers",
        pod="-",
        argv=_weed_command(config, folder, identity),
        address=f"{LOCAL}:{ports.s3}",
        environment={"GOGC": "50"},
        ports=(
            *(ports.s3, ports.s3_grpc, ports.s3_master, ports.s3_master_grpc),
            *(ports.s3_volume, ports.s3_volume_grpc, ports.s3_filer, ports.s3_filer_grpc),
        ),
        prepare=prepare,
        ready=probes.http(f"http://{LOCAL}:{ports.s3}/healthz"),
        grace=1.0,  # it then waits 15 s for its own open streams, with everything written
        leftovers=sockets,
    )


def _weed_command(config: Config, folder: Path, identity: Path) -> tuple[str, ...]:
    ports = config.ports
    return (
        *(wheels.script("weed"), "-logtostderr=true", "server"),
        *(f"-dir={folder}", f"-ip={LOCAL}", f"-ip.bind={LOCAL}"),
        *("-filer", "-s3", f"-s3.config={identity}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(f"-s3.port={ports.s3}", f"-s3.port.grpc={ports.s3_grpc}"),
        *(f"-master.port={ports.s3_master}", f"-master.port.grpc={ports.s3_master_grpc}"),
        *(f"-volume.port={ports.s3_volume}", f"-volume.port.grpc={ports.s3_volume_grpc}"),
        *(f"-filer.port={ports.s3_filer}", f"-filer.port.grpc={ports.s3_filer_grpc}"),
        *("-volume.max=0", "-volume.preStopSeconds=0", "-master.volumeSizeLimitMB=64"),
        # Alone in its cluster, a master need not wait ten seconds for others to vote.
        *("-master.electionTimeout=500ms", "-master.heartbeatInterval=100ms"),
        "-master.telemetry=false",
    )


def weed_sockets(config: Config) -> tuple[Path, ...]:
    """The Unix sockets SeaweedFS keeps in /tmp; one left by another user would stop it."""
    ports = config.ports
    numbers = {
        "master-grpc": ports.s3_master_grpc,
        "volume-grpc": ports.s3_volume_grpc,
        "filer-grpc": ports.s3_filer_grpc,
        "filer": ports.s3_filer,
        "s3-grpc": ports.s3_grpc,
        "s3": ports.s3,
    }
    folder = Path("/tmp")  # noqa: S108 (the place is SeaweedFS's choice)
    return tuple(folder / f"seaweedfs-{role}-{port}.sock" for role, port in numbers.items())


def _remove_sockets(sockets: tuple[Path, ...]) -> None:
    for socket in sockets:
        try:
            socket.unlink(missing_ok=True)
        except PermissionError as error:
            raise Refusal(
                f"Another user has left {socket}: remove it, or set DREAMSCAPE_PORT_BASE"
            ) from error


def kafka(config: Config, secrets: Secrets) -> Part:
    """The Tansu broker speaking Kafka's protocol, its log kept in the S3 bucket `kafka`."""
    url, listener = addresses(config, secrets).s3_url, f"tcp://{LOCAL}:{config.ports.kafka}"
    return Part(
        name="kafka",
        group="servers",
        pod="-",
        argv=(
            wheels.executable(wheels.KAFKA),
            *("--cluster-id", "dreamscape", "--storage-engine", f"s3://{KAFKA_BUCKET}/"),
            *("--listener-url", listener, "--advertised-listener-url", listener),
        ),
        address=f"{LOCAL}:{config.ports.kafka}",
        environment={
            "AWS_ENDPOINT": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_DEFAULT_REGION": S3_REGION,
            "AWS_ACCESS_KEY_ID": secrets.s3_access_key,
            "AWS_SECRET_ACCESS_KEY": secrets.s3_secret_key,
        },
        ports=(config.ports.kafka,),
        needs=("s3",),
        prepare=lambda: asyncio.to_thread(_ensure_bucket, url, secrets),
        ready=probes.kafka(host=LOCAL, port=config.ports.kafka),
    )


def _ensure_bucket(url: str, secrets: Secrets) -> None:
    scheme, _, host = url.partition("://")
    client = Minio(
        host.rstrip("/"),
        access_key=secrets.s3_access_key,
        secret_key=secrets.s3_secret_key,
        secure=scheme == "https",
        region=S3_REGION,
    )
    if not client.bucket_exists(KAFKA_BUCKET):
        client.make_bucket(KAFKA_BUCKET)
