"""Who may use the review desk: the browser that opened the address with the token, and only pages of this server."""

import secrets
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SessionGuard:
    """Answers only the browser that opened the address with the token, and only pages of this server.

    A page of another site, or of another server on this machine, can send requests here. It has no session, since the
    cookie is SameSite=Strict, and its Origin is another one.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: AbstractSet[str], translate: Callable[[str], str]) -> None:
        """Wrap ``app``; the token is used up by the first browser that brings it."""
        self.app, self.token, self.translate = app, token, translate
        self.session = secrets.token_urlsafe(32)
        self.origins = {f"http://{host}" for host in hosts}
        self.cookie = f"weerslag-review-{min(hosts).rpartition(':')[2]}"  # cookies are shared by all ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        app = self.app
        if reason := self._find_refusal(scope, headers):
            app = PlainTextResponse(self.translate(reason) + "\n", status_code=403)
        elif not self._has_session(headers):
            response = RedirectResponse("/", status_code=303)
            response.set_cookie(self.cookie, self.session, httponly=True, samesite="strict", path="/")
            self.token = ""
            app = response
        await app(scope, receive, send)

    def _find_refusal(self, scope: Scope, headers: Headers) -> str:
        """Return why a request is refused; empty: it is answered."""
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not self._is_opening(scope):
            return "This request comes from another site."
        if headers.get("origin", "") not in (
            {*self.origins, ""} if scope["method"] in {"GET", "HEAD"} else self.origins
        ):
            return "This request comes from another site."
        if not self._has_session(headers) and not self._is_opening(scope):
            return "Open the address that `weerslag review` shows; it works once. Run the command again for a new one."
        return ""

    def _is_opening(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        is_page = scope["method"] == "GET" and scope["path"] == "/"
        return is_page and bool(self.token) and secrets.compare_digest(given.encode(), self.token.encode())

    def _has_session(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return morsel is not None and secrets.compare_digest(morsel.value.encode(), self.session.encode())
