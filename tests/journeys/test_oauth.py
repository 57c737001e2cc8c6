"""Signing in with Google and Facebook, as a browser goes through the public edge."""

from urllib.parse import urlsplit

import httpx
import pytest

from mesh.clock import SystemIds
from tests.journeys.conftest import Edge


@pytest.mark.parametrize("provider", ["google", "facebook"])
async def test_a_browser_is_sent_away_and_comes_back_signed_in(edge: Edge, provider: str) -> None:
    email = f"ada.{SystemIds().new()}@example.org"
    async with edge.http() as browser:
        away = await browser.get(f"/api/v1/auth/oauth/{provider}")
        assert away.status_code == 302
        assert "HttpOnly; SameSite=Lax" in away.headers["set-cookie"]
        url = httpx.URL(away.headers["location"]).copy_merge_params({"login_hint": email})
        assert str(url).startswith(f"{edge.running.addresses.oidc_url}/{provider}/authorize?")
        async with httpx.AsyncClient(trust_env=False) as provider_tab:
            back = (await provider_tab.get(url)).headers["location"]
        assert urlsplit(back).path == f"/api/v1/auth/oauth/{provider}/callback"
        arrived = await browser.get(back)
        assert (arrived.status_code, arrived.json()["account"]["email"]) == (200, email)
        assert away.headers["cache-control"] == arrived.headers["cache-control"] == "no-store"
        assert len(arrived.headers.get_list("set-cookie")) == 2
        token = arrived.json()["tokens"]["accessToken"]
        profile = await browser.get(
            "/api/v1/auth/profile", headers={"authorization": f"Bearer {token}"}
        )
        assert (profile.status_code, profile.json()["account"]["emailVerified"]) == (200, True)
        own = {"sec-fetch-site": "same-origin"}
        refreshed = await browser.post("/api/v1/auth/refresh", json={}, headers=own)
        assert refreshed.status_code == 200


async def test_a_callback_that_began_nowhere_is_refused(edge: Edge) -> None:
    async with edge.http() as browser:
        answer = await browser.get("/api/v1/auth/oauth/google/callback?code=x&state=y&scope=openid")
    assert answer.status_code == 401
    assert "OAUTH_STATE_INVALID" in answer.text
    assert "set-cookie" not in answer.headers
