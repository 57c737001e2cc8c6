"""Imports point one way: pods → services, edge, sandbox → mesh → gen."""

from tests.house.tree import HOUSES, ROOT, modules

MAY_IMPORT = {
    "pods": {"pods", "services", "edge", "sandbox", "mesh", "dreamscape"},
    "services": {"services", "mesh", "dreamscape"},
    "edge": {"edge", "mesh", "dreamscape"},
    "sandbox": {"sandbox", "mesh"},
    "mesh": {"mesh", "dreamscape"},
}
OURS = {*HOUSES, "dreamscape", "tests"}


def test_no_house_imports_upward() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules()
        for name in module.imports()
        if name.split(".")[0] in OURS and name.split(".")[0] not in MAY_IMPORT[module.house]
    ]
    assert wrong == []


def test_no_service_imports_another() -> None:
    wrong = []
    for module in modules("services"):
        own = module.name.split("/")[1]
        for name in module.imports():
            parts = name.split(".")
            if parts[0] == "services" and len(parts) > 1 and parts[1] != own:
                wrong.append(f"{module.name} imports {name}")
    assert wrong == []


def test_the_mesh_knows_no_noun_of_the_contract() -> None:
    nouns = {path.name for path in (ROOT / "proto/dreamscape").iterdir()} - {"policy"}
    wrong = [
        f"{module.name} imports {name}"
        for module in modules("mesh")
        for name in module.imports()
        if name.startswith("dreamscape.") and name.split(".")[1] in nouns
    ]
    assert wrong == []


def test_generated_code_imports_nothing_of_ours() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules("gen/python")
        for name in module.imports()
        if name.split(".")[0] in HOUSES
    ]
    assert wrong == []


def test_only_one_module_knows_each_third_party() -> None:
    homes = {
        "jose": {"mesh/tokens.py"},
        "kafka": {"mesh/bus.py"},
        "minio": {"mesh/objects.py"},
        "redis": {"mesh/cache.py", "mesh/revocations.py"},
        "amadeus": {"services/voyage/amadeus.py"},
        "stripe": {"services/payment/stripe.py"},
        "argon2": {"services/auth/passwords.py", "services/auth/argon2.py"},
        "aiosmtplib": {"services/notification/smtp.py"},
        "PIL": {"services/user/pillow.py"},
        "python_multipart": {"services/user/multipart.py"},
        "neobase": {"sandbox/amadeus/places.py"},
    }
    wrong = [
        f"{module.name} imports {name}"
        for module in modules("mesh", "services", "edge", "sandbox")
        for name in module.imports()
        if module.name not in homes.get(name.split(".")[0], {module.name})
    ]
    assert wrong == []
