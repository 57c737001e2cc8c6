"""The pace of Amadeus' test environment: ten calls in a second, 100 ms apart, when switched on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from amadeus import Client, ResponseError

from mesh.clock import ManualClock
from sandbox.main import SandboxConfig
from tests.sandbox.conftest import Running, running


def status(client: Client) -> int:
    try:
        return int(client.reference_data.airlines.get(airlineCodes="AF").status_code)
    except ResponseError as refusal:
        assert refusal.response.result["errors"][0]["code"] == 38194
        return int(refusal.response.status_code)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2027, 3, 1, tzinfo=UTC))


@pytest.fixture
def paced(config: SandboxConfig) -> SandboxConfig:
    return replace(config, amadeus_paced=True)


def test_a_call_within_100_ms_of_the_last_is_refused(paced: SandboxConfig, clock: ManualClock):
    with running(paced, clock) as sandbox:
        client = sandbox.amadeus()
        assert [status(client), status(client)] == [200, 429]
        clock.advance(timedelta(milliseconds=99))
        assert status(client) == 429
        clock.advance(timedelta(milliseconds=1))
        assert [status(client), status(client)] == [200, 429]


def test_ten_calls_pass_in_a_second_and_an_eleventh_does_not(
    paced: SandboxConfig, clock: ManualClock
):
    with running(paced, clock) as sandbox:
        client = sandbox.amadeus()
        passed = []
        for _ in range(20):
            passed.append(status(client))
            clock.advance(timedelta(milliseconds=50))
        assert passed == [200, 429] * 10


def test_the_pace_is_shared_by_every_operation_and_spares_tokens(
    paced: SandboxConfig, clock: ManualClock
):
    with running(paced, clock) as sandbox:
        assert status(sandbox.amadeus()) == 200
        with pytest.raises(ResponseError) as refusal:
            sandbox.amadeus().get("/v1/booking/flight-orders", reference="x")
        assert refusal.value.response.status_code == 429


def test_nobody_is_paced_unless_asked(standing: Running):
    client = standing.amadeus()
    assert [status(client) for _ in range(12)] == [200] * 12
