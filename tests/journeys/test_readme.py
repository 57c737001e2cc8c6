"""The README's examples work when they are pasted."""

import asyncio
import json
import re
import sys

from tests.house.tree import ROOT
from tests.journeys.conftest import Edge

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples(language: str, edge: Edge) -> list[str]:
    found = BLOCK.findall((ROOT / "README.md").read_text())
    texts = [text for kind, text in found if kind == language]
    return [text.replace("localhost:3000", edge.grpc_address) for text in texts]


async def output_of(*command: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, cwd=ROOT)
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    return output.decode()


async def test_the_curl_examples_find_offers(edge: Edge) -> None:
    rest, graphql = examples("sh", edge)
    offers = json.loads(await output_of("bash", "-c", rest))["offers"]
    assert offers[0]["total"]["currencyCode"] == "EUR"
    answer = json.loads(await output_of("bash", "-c", graphql))
    assert answer["data"]["searchFlights"]["offers"][0]["total"]["currencyCode"] == "EUR"


async def test_the_sdk_example_prints_a_price(edge: Edge) -> None:
    [example] = examples("python", edge)
    price, currency = (await output_of(sys.executable, "-c", example)).split()
    assert (price.isdecimal(), currency) == (True, "EUR")


async def test_the_openapi_document_names_every_route(edge: Edge) -> None:
    async with edge.http() as client:
        document = (await client.get("/openapi.json")).json()
        reference = await client.get("/docs")
        schema = await client.get("/graphql/schema")
    declared = {
        re.sub(r"_(\w)", lambda letter: letter[1].upper(), path)
        for file in (ROOT / "proto/dreamscape").rglob("*.proto")
        for path in re.findall(r'(?:get|post|put|delete|patch): "([^"]+)"', file.read_text())
    }
    assert set(document["paths"]) == declared
    assert "swagger" in reference.text
    assert "type Query" in schema.text
