"""All simulated vendors in one process: what they need to know, and how they run."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from mesh.clock import Clock, Ids
from sandbox.amadeus.app import AmadeusSandbox
from sandbox.amadeus.store import SCHEMA as AMADEUS_SCHEMA
from sandbox.amadeus.tokens import Tokens
from sandbox.amadeus.world import World
from sandbox.ledger import Ledger
from sandbox.mail.app import Mailbox
from sandbox.mail.smtp import Sink, receiving
from sandbox.mail.store import SCHEMA as MAIL_SCHEMA
from sandbox.oidc.app import PROVIDERS, OidcSandbox
from sandbox.oidc.issuer import Client
from sandbox.oidc.store import SCHEMA as OIDC_SCHEMA
from sandbox.stripe.app import Keys, StripeSandbox
from sandbox.stripe.books import SCHEMA as STRIPE_SCHEMA
from sandbox.stripe.webhooks import Courier
from sandbox.wire import serving

SECRETS = (
    "amadeus_client_id",
    "amadeus_client_secret",
    "stripe_secret_key",
    "stripe_publishable_key",
    "stripe_webhook_secret",
    "oidc_client_id",
    "oidc_client_secret",
)


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """Where the sandbox keeps its state, listens, and which secrets it expects.

    An empty `stripe_webhook_url` means that no webhooks are sent. `oidc_redirect_uri` holds
    `{provider}` where the provider's name goes. `amadeus_paced` makes Amadeus refuse more than ten
    calls in a second, as its test environment does. Raises ValueError for an empty secret.
    """

    state_dir: Path
    host: str
    amadeus_port: int
    stripe_port: int
    mailbox_port: int
    smtp_port: int
    oidc_port: int
    amadeus_client_id: str
    amadeus_client_secret: str = field(repr=False)
    stripe_secret_key: str = field(repr=False)
    stripe_publishable_key: str
    stripe_webhook_url: str
    stripe_webhook_secret: str = field(repr=False)
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_redirect_uri: str
    seed: int
    amadeus_paced: bool = False

    def __post_init__(self) -> None:
        for name in SECRETS:
            if not getattr(self, name):
                raise ValueError(f"the sandbox needs a {name}")

    @property
    def oidc_clients(self) -> dict[str, Client]:
        """The client that each OpenID provider knows."""
        return {
            name: Client(
                client_id=self.oidc_client_id,
                secret=self.oidc_client_secret,
                redirect_uri=self.oidc_redirect_uri.replace("{provider}", name),
            )
            for name in PROVIDERS
        }


async def serve(config: SandboxConfig, clock: Clock, ids: Ids, stopped: asyncio.Event) -> None:
    """Run every vendor until `stopped` is set, then shut all of them down cleanly.

    Raises OSError when a port is taken; nothing then stays behind.
    """
    config.state_dir.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        amadeus = await _ledger(stack, config.state_dir / "amadeus.db", AMADEUS_SCHEMA)
        stripe = await _ledger(stack, config.state_dir / "stripe.db", STRIPE_SCHEMA)
        mail = await _ledger(stack, config.state_dir / "mail.db", MAIL_SCHEMA)
        oidc = await _ledger(stack, config.state_dir / "oidc.db", OIDC_SCHEMA)
        tokens = Tokens(
            clock,
            ids,
            client_id=config.amadeus_client_id,
            client_secret=config.amadeus_client_secret,
            paced=config.amadeus_paced,
        )
        world = World(config.seed)
        courier = None
        if config.stripe_webhook_url:
            courier = Courier(
                stripe,
                clock,
                url=config.stripe_webhook_url,
                secret=config.stripe_webhook_secret,
            )
        keys = Keys(secret=config.stripe_secret_key, publishable=config.stripe_publishable_key)
        flights = AmadeusSandbox(amadeus, world, tokens, clock=clock, ids=ids)
        payments = StripeSandbox(stripe, keys, courier, clock=clock, ids=ids)
        url = f"http://{config.host}:{config.oidc_port}"
        logins = OidcSandbox(oidc, config.oidc_clients, url=url, clock=clock, ids=ids)
        apps = (
            (flights.app(), config.amadeus_port),
            (payments.app(), config.stripe_port),
            (Mailbox(mail).app(), config.mailbox_port),
            (logins.app(), config.oidc_port),
        )
        await stack.enter_async_context(serving(apps, config.host))
        sink = Sink(mail, clock, ids)
        await stack.enter_async_context(receiving(sink, config.host, config.smtp_port))
        await (stopped.wait() if courier is None else _delivering(courier, stopped))


async def _ledger(stack: contextlib.AsyncExitStack, path: Path, schema: str) -> Ledger:
    ledger = Ledger(path, schema)
    await ledger.open()
    stack.push_async_callback(ledger.close)
    return ledger


async def _delivering(courier: Courier, stopped: asyncio.Event) -> None:
    """Deliver webhooks until `stopped` is set; a courier that breaks ends the wait."""
    async with asyncio.TaskGroup() as group:
        delivery = group.create_task(courier.run())
        await stopped.wait()
        delivery.cancel()
