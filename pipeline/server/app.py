"""The preview application: pages that reload when they are rebuilt, for browsers on this machine only."""

from collections.abc import Set as AbstractSet
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline import urls
from pipeline.server.reload_channel import ReloadChannel, ReloadState
from pipeline.server.static_files import make_response, serve_asset, serve_file
from pipeline.typesetting import Theme, render_template

OWN_PATHS = "/-/"  # no output of a build has such a path
_FOLDER = "server"
_ASSETS = ("reload.js", "worker.js", "notice.css")
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",  # besides the policy that each page brings itself
}
_NOTICE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(folder: Path, channel: ReloadChannel, *, hosts: AbstractSet[str], language: str) -> Starlette:
    """Create the application that serves ``folder``.

    Args:
        folder: The folder to serve; a build may swap it at any moment.
        channel: The version that browsers show, and the notice that replaces pages while something is wrong.
        hosts: The values of the Host header that are answered; all others get 400.
        language: Of the notice: ``nl`` or ``en``.
    """
    theme = Theme(folder=_FOLDER, language=language)

    def stream_versions(request: Request) -> Response:
        headers = {"Content-Type": "text/event-stream"}
        if request.method == "HEAD":
            return Response(headers=headers)
        return StreamingResponse(channel.stream(), headers=headers)

    def serve_script(request: Request) -> Response:
        return serve_asset(request.path_params["name"], request, names=_ASSETS, theme=theme)

    def serve_page(request: Request) -> Response:
        state, path = channel.state, request.scope["path"]
        is_page = path.endswith(("/", ".html"))
        if is_page and state.title and "anyway" not in request.query_params:
            return _render_notice(request, state, theme)
        return serve_file(request, folder=folder, state=state)

    routes = [
        Route(f"{OWN_PATHS}events", stream_versions),
        Route(OWN_PATHS + "{name}", serve_script),
        Route("/{path:path}", serve_page),
    ]
    return Starlette(routes=routes, middleware=[Middleware(LocalOnlyMiddleware, hosts=hosts)])


class LocalOnlyMiddleware:
    """Refuses foreign Host headers and adds headers that forbid caching, framing and use by other sites.

    DNS rebinding: a page of another site can point its host name to this machine, and could read the responses.
    """

    def __init__(self, app: ASGIApp, *, hosts: AbstractSet[str]) -> None:
        """Wrap ``app``; ``hosts`` are compared with their port."""
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self.app
        if Headers(scope=scope).getlist("host")[:2] not in [[host] for host in self.hosts]:
            app = PlainTextResponse("This address is for browsers on this machine only.\n", status_code=400)
        await app(scope, receive, send_with_headers)


def _render_notice(request: Request, state: ReloadState, theme: Theme) -> Response:
    path = quote(request.scope["path"])
    html = render_template(
        "notice.html", theme=theme, state=state, own_paths=OWN_PATHS, path=path, language=theme.language
    )
    response = make_response(html.encode(), urls.MEDIA_TYPES[".html"], request, status=503)
    response.headers["Content-Security-Policy"] = _NOTICE_POLICY
    return response
