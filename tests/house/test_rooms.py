"""Every service has the same rooms, and no room is a junk drawer."""

from tests.house.tree import ROOT, modules

ROOMS = {
    "__init__.py",
    "service.py",
    "domain.py",
    "store.py",
    "ports.py",
    "saga.py",
    "consumers.py",
    "wiring.py",
}
VENDORS = {
    "auth": {
        *("argon2.py", "passwords.py", "sessions.py", "throttle.py"),
        *("credentials.py", "letters.py", "mails.py"),
        *("identities.py", "oauth.py", "oidc.py"),
    },
    "voyage": {
        "amadeus.py",
        "answers.py",
        "flights.py",
        "messages.py",
        "offers.py",
        "orders.py",
        "places.py",
        "reference.py",
    },
    "payment": {"stripe.py", "webhooks.py", "completer.py"},
    "notification": {"smtp.py", "mails.py"},
    "destination": {"prices.py", "reviews.py", "seed.py"},
    "user": {"pillow.py", "pictures.py", "multipart.py", "avatars.py", "erasures.py", "export.py"},
}
FOLDERS = {"migrations", "templates", "data", "__pycache__"}
BANNED = {"common", "shared", "utils", "util", "helpers", "misc", "base", "core", "lib", "tools"}
BANNED |= {"manager", "types"}
MOST_FILES_IN_MESH = 17  # docs/decisions/002-seventeen-rooms-in-the-mesh.md


def services() -> list[str]:
    found = (ROOT / "services").iterdir()
    return sorted(path.name for path in found if path.is_dir() and path.name != "__pycache__")


def test_every_service_has_only_rooms_that_the_house_knows() -> None:
    strange = []
    for service in services():
        for path in (ROOT / "services" / service).iterdir():
            known = FOLDERS if path.is_dir() else ROOMS | VENDORS.get(service, set())
            if path.name not in known:
                strange.append(str(path.relative_to(ROOT)))
    assert strange == []


def test_every_service_has_a_contract_a_servicer_and_a_wiring() -> None:
    for service in services():
        assert (ROOT / f"proto/dreamscape/{service}/v1/{service}.proto").is_file()
        assert (ROOT / f"services/{service}/service.py").is_file()
        assert (ROOT / f"services/{service}/wiring.py").is_file()


def test_nothing_is_called_a_junk_drawer() -> None:
    names = {module.name: set(module.name.removesuffix(".py").split("/")) for module in modules()}
    assert [name for name, parts in names.items() if parts & BANNED] == []


def test_the_mesh_stays_small() -> None:
    files = [m.name for m in modules("mesh") if not m.name.endswith("__init__.py")]
    assert len(files) <= MOST_FILES_IN_MESH
