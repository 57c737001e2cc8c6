"""PostgreSQL as this mesh runs it: a cluster created once, over TCP on the loopback only.

PostgreSQL refuses to run as root. When root starts the mesh, it therefore runs as the owner of its
data folder (`nobody` for a new one) and keeps one capability, so that it can reach its own files
below folders that only root may enter. No account is created and no permission is widened.
"""

import asyncio
import os
import pwd
import shutil
from pathlib import Path

import asyncpg
import psutil

from pods import wheels
from pods.config import Config
from pods.ledger import born
from pods.part import LOCAL
from pods.refusal import Refusal
from pods.secrets import Secrets, secrets_dir

ORPHAN_CHECKS = 100
ORPHAN_PAUSE = 0.1
SETTINGS = {
    "listen_addresses": LOCAL,
    "unix_socket_directories": "",
    "max_connections": "100",
    "fsync": "on",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "io_method": "sync",
    "jit": "off",
}


def folder(config: Config) -> Path:
    """The data folder of the cluster."""
    return config.data_dir("postgres")


def command(config: Config) -> tuple[str, ...]:
    """The server in the foreground, as a user PostgreSQL accepts."""
    settings = {**SETTINGS, "port": str(config.ports.postgres)}
    return (
        *_unprivileged(config),
        *(wheels.executable(wheels.POSTGRES), "-D", str(folder(config))),
        *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
    )


def admin_url(config: Config, secrets: Secrets, database: str) -> str:
    """A URL for the superuser, whom only this package uses."""
    login = f"postgres:{secrets.postgres_password}"
    return f"postgresql://{login}@{LOCAL}:{config.ports.postgres}/{database}"


async def initialise(config: Config) -> None:
    """Create the cluster unless it is there; never leaves half of one behind."""
    if folder(config).exists():
        await _settle_after_a_kill(folder(config))
        return
    draft = folder(config).with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        os.chown(draft, _server_uid(config), -1)
    process = await asyncio.create_subprocess_exec(
        *_unprivileged(config),
        *(wheels.executable(wheels.INITDB), "-D", str(draft), "-U", "postgres"),
        *("--auth=scram-sha-256", f"--pwfile={secrets_dir(config) / 'postgres_password'}"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise Refusal(f"PostgreSQL cannot create its data in {draft}: {errors.decode().strip()}")
    draft.rename(folder(config))


async def create(config: Config, secrets: Secrets) -> None:
    """Give the mesh its role and its database, with pgvector in every new database."""
    await _execute(
        admin_url(config, secrets, "template1"), ["CREATE EXTENSION IF NOT EXISTS vector"]
    )
    url = admin_url(config, secrets, "postgres")
    connection = await asyncpg.connect(url)
    try:
        role = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = 'dreamscape'")
        made = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'dreamscape'")
    finally:
        await connection.close()
    password = secrets.database_password.replace("'", "''")
    verb = "ALTER" if role else "CREATE"
    statements = [f"{verb} ROLE dreamscape LOGIN CREATEDB PASSWORD '{password}'"]
    if not made:
        statements.append("CREATE DATABASE dreamscape OWNER dreamscape")
    await _execute(url, statements)


async def _execute(url: str, statements: list[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _settle_after_a_kill(data: Path) -> None:
    """Let a killed server's children go, which hold its memory a moment longer, and its pid file.

    PostgreSQL minds the file as long as any process has that id, be it one that nobody reaps.
    """
    for _ in range(ORPHAN_CHECKS):
        if not await asyncio.to_thread(_orphans):
            break
        await asyncio.sleep(ORPHAN_PAUSE)
    pid_file = data / "postmaster.pid"
    if pid_file.exists() and born(int(pid_file.read_text().split()[0])) is None:
        pid_file.unlink()


def _orphans() -> list[int]:
    """Server children (they call themselves `postgres: …`) whose parent is no server any more."""
    wanted = ["pid", "ppid", "name", "cmdline"]
    named = [each.info for each in psutil.process_iter(wanted) if each.info["name"] == "postgres"]
    servers = {info["pid"] for info in named}
    return [
        info["pid"]
        for info in named
        if "".join(info["cmdline"] or ()).startswith("postgres: ") and info["ppid"] not in servers
    ]


def _unprivileged(config: Config) -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise Refusal("PostgreSQL cannot run as root without setpriv: use an ordinary user instead")
    uid = _server_uid(config)
    return (
        *("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"),
    )


def _server_uid(config: Config) -> int:
    owner = folder(config).stat().st_uid if folder(config).exists() else 0
    return owner or pwd.getpwnam("nobody").pw_uid
