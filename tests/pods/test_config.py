"""The environment becomes configuration, or is refused by name."""

from dataclasses import asdict

import pytest

from pods.config import Config
from pods.refusal import Refusal


def test_without_settings_the_edge_is_at_3000_and_the_rest_above_13000() -> None:
    config = Config.from_environment({})
    internal = [port for name, port in asdict(config.ports).items() if name != "edge"]
    assert config.ports.edge == 3000
    assert internal == list(range(13001, 13001 + len(internal)))
    assert (config.topology, config.grpc_engine) == ("three", "native")
    assert config.state_dir == config.root / ".state"


def test_a_port_base_moves_the_edge_and_all_others() -> None:
    ports = Config.from_environment({"DREAMSCAPE_PORT_BASE": "20000"}).ports
    assert (ports.edge, ports.edge_admin, ports.core_envoy) == (20000, 20001, 20002)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DREAMSCAPE_PORT_BASE", "-1", "from 1024 to 65509, not '-1'"),
        ("DREAMSCAPE_PORT_BASE", "65530", "from 1024 to 65509, not '65530'"),
        ("DREAMSCAPE_TOPOLOGY", "seven", "must be three or single, not 'seven'"),
        ("DREAMSCAPE_GRPC_ENGINE", "rust", "must be native or grpcio, not 'rust'"),
        ("DREAMSCAPE_RATE_FACTOR", "0", "from 1 to 100000, not '0'"),
        ("DREAMSCAPE_RATE_FACTOR", "1.5", "from 1 to 100000, not '1.5'"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(name: str, value: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        Config.from_environment({name: value})
    assert str(refused.value).startswith(name)
    assert sentence in str(refused.value)


def test_a_url_in_the_environment_replaces_our_own_server() -> None:
    config = Config.from_environment({"DATABASE_URL": "postgresql://elsewhere/db"})
    assert not config.embeds("DATABASE_URL")
    assert config.embeds("REDIS_URL")


def test_a_child_process_reads_the_same_configuration() -> None:
    given = {
        "DREAMSCAPE_STATE": "/var/elsewhere",
        "DREAMSCAPE_PORT_BASE": "20000",
        "DREAMSCAPE_TOPOLOGY": "single",
        "DREAMSCAPE_GRPC_ENGINE": "grpcio",
        "DREAMSCAPE_RATE_FACTOR": "7",
        "S3_URL": "https://s3.example",
        "S3_ACCESS_KEY": "0123456789abcdef",
        "GOOGLE_CLIENT_ID": "dreamscape.apps.example",
        "GOOGLE_CLIENT_SECRET": "0123456789abcdef",
    }
    config = Config.from_environment(given)
    assert Config.from_environment(config.environment()) == config
