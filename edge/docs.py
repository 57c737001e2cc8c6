"""The API reference: `/openapi.json` and, at `/docs`, Swagger UI reading it.

Swagger UI's files come from a package, so that the page works without the internet.
"""

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_DOCUMENT = Path(__file__).resolve().parents[1] / "gen" / "openapi" / "openapi.json"
_PACKAGE = "offapi"
_ASSETS = {"swagger_bundle.js": "text/javascript", "swagger_style.css": "text/css"}
_SOON_STALE = {"cache-control": "public, max-age=300"}
_CACHED = {"cache-control": "public, max-age=86400"}
# The page runs our files and asks our API, nothing else; Swagger UI styles in line and draws its
# signs from data.
_LOCKED = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DreamScape API</title>
<link rel="stylesheet" href="/docs/swagger_style.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger_bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# A file of its own, so that the page may forbid all script that is written into it.
_START = """\
SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#reference", deepLinking: true, persistAuthorization: true,
});
"""


def routes() -> list[BaseRoute]:
    """`/openapi.json`, `/docs` and the files of the page under `/docs/`."""
    return [
        Route("/openapi.json", _document),
        Route("/docs", _page),
        Route("/docs/start.js", _start),
        *(Route(f"/docs/{name}", _asset) for name in _ASSETS),
    ]


async def _document(_: Request) -> Response:
    return FileResponse(_DOCUMENT, media_type="application/json", headers=_SOON_STALE)


async def _page(_: Request) -> Response:
    return HTMLResponse(_PAGE, headers=_LOCKED | _SOON_STALE)


async def _start(_: Request) -> Response:
    return Response(_START, media_type="text/javascript", headers=_SOON_STALE)


async def _asset(request: Request) -> Response:
    name = request.url.path.rpartition("/")[2]
    return FileResponse(_assets() / name, media_type=_ASSETS[name], headers=_CACHED)


def _assets() -> Path:
    """Where the package keeps its files; found without importing it, which would read them all."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"package {_PACKAGE} is not installed")
    return Path(spec.origin).parent
