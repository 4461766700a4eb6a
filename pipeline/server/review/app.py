"""The web application of the transcript editor: who may use it, its pages and its JSON requests."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline import urls
from pipeline.errors import ContentError, WeerslagError
from pipeline.model import Cue, Cut
from pipeline.server.app import LocalOnlyMiddleware
from pipeline.server.review.desk import RANGE_KEYS, ReviewDesk, StaleEditError
from pipeline.server.review.page_texts import translate_page
from pipeline.server.static_files import make_response, open_file
from pipeline.speech.peaks import PEAKS_PER_S, compute_peaks
from pipeline.text import normalise_text
from pipeline.typesetting import Theme, read_asset, render_template

_ASSETS = ("review.css", "desk.js", "cues.js", "keys.js", "player.js", "saving.js", "waveform.js")
_FONTS = ("SourceSans3-Regular.ttf.woff2", "SourceSans3-Semibold.ttf.woff2", "SourceSerif4-Regular.ttf.woff2")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; media-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAX_BODY_BYTES = 4 << 20
_MAX_TEXT = 4000  # characters of one cue
_KINDS = ("heard", "signed")
_DAY_MS = 100 * 3_600_000


def create_review_app(
    desk: ReviewDesk, *, token: str, hosts: AbstractSet[str], language: str, translate: Callable[[str], str]
) -> Starlette:
    """Create the application.

    Args:
        desk: The transcript.
        token: Opens the editor once, as ``/?token=…``; then the browser has a cookie.
        hosts: The values of the Host header that are answered; all others get 400.
        language: Of the page: nl or en.
        translate: Returns a message in that language.
    """
    pages = _Pages(desk, language=language, translate=translate)
    routes = [
        Route("/", pages.show_editor),
        Route("/api/transcript", pages.load),
        Route("/api/version", pages.get_version),
        Route("/api/cues", pages.save, methods=["POST"]),
        Route("/api/reviews", pages.record, methods=["POST"]),
        Route("/api/ranges", pages.mark, methods=["POST"]),
        Route("/peaks", pages.get_peaks),
        Route("/sound.wav", pages.play),
        Route("/fonts/{name}", pages.serve_font),
        Route("/{name}", pages.serve_asset),
    ]
    middleware = [
        Middleware(LocalOnlyMiddleware, hosts=hosts),
        Middleware(SessionGuard, token=token, hosts=hosts, translate=translate),
    ]
    return Starlette(routes=routes, middleware=middleware)


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


class _Pages:
    """The endpoints."""

    def __init__(self, desk: ReviewDesk, *, language: str, translate: Callable[[str], str]) -> None:
        self.desk, self.language, self.translate = desk, language, translate
        self.theme = Theme(folder="review", language=language)
        self.compute_peaks = lru_cache(maxsize=1)(compute_peaks)

    def show_editor(self, request: Request) -> Response:
        html = render_template(
            "review.html",
            theme=self.theme,
            desk=self.desk,
            language=self.language,
            texts=translate_page(self.translate),
            peaks_per_s=PEAKS_PER_S,
        )
        response = make_response(html.encode(), urls.MEDIA_TYPES[".html"], request)
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def load(self, _: Request) -> Response:
        return self._answer(self.desk.load)

    def get_version(self, _: Request) -> Response:
        return JSONResponse({"version": self.desk.compute_version()})

    async def save(self, request: Request) -> Response:
        body = await _read_body(request)
        old, new = _parse_cues(body.get("old")), _parse_cues(body.get("new"))
        return await run_in_threadpool(self._answer, lambda: self.desk.save(old, new))

    async def record(self, request: Request) -> Response:
        body = await _read_body(request)
        digests, kind = body.get("digests"), body.get("kind")
        if kind not in _KINDS or not isinstance(digests, list) or not all(isinstance(one, str) for one in digests):
            raise HTTPException(400)
        return await run_in_threadpool(self._answer, lambda: self.desk.record(digests, kind))

    async def mark(self, request: Request) -> Response:
        body = await _read_body(request)
        key, remove = body.get("key"), body.get("remove") is True
        if key not in RANGE_KEYS:
            raise HTTPException(400)
        cut = Cut(from_ms=_parse_ms(body.get("from")), to_ms=_parse_ms(body.get("to")))
        return await run_in_threadpool(self._answer, lambda: self.desk.mark(key, cut, remove=remove))

    def get_peaks(self, request: Request) -> Response:
        return make_response(self.compute_peaks(str(self.desk.sound)), "application/octet-stream", request)

    def play(self, request: Request) -> Response:
        try:
            return open_file(self.desk.sound, request, "audio/wav")
        except FileNotFoundError:
            raise HTTPException(404) from None

    def serve_asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _ASSETS:
            raise HTTPException(404)
        content = read_asset(name, theme=self.theme)
        return make_response(content, urls.MEDIA_TYPES[Path(name).suffix], request)

    def serve_font(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FONTS:
            raise HTTPException(404)
        return make_response(read_asset(f"fonts/{name}", theme=self.theme), urls.MEDIA_TYPES[".woff2"], request)

    def _answer(self, act: Callable[[], Mapping[str, Any]]) -> Response:
        """Return the result as JSON; 409: somebody else changed the same words, 422: the files do not allow it."""
        try:
            return JSONResponse(act())
        except StaleEditError as error:
            return JSONResponse({"message": self._explain(error), "cues": error.cues}, status_code=409)
        except ContentError as error:
            message = "\n".join(one.format(self.translate) for one in error.errors) or self._explain(error)
            return JSONResponse({"message": message}, status_code=422)
        except WeerslagError as error:
            return JSONResponse({"message": self._explain(error)}, status_code=500)

    def _explain(self, error: WeerslagError) -> str:
        return "\n".join(
            filter(None, (self.translate(error.message), self.translate(error.hint) if error.hint else ""))
        )


async def _read_body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise HTTPException(413)
    try:
        plain = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(plain, dict):
        raise HTTPException(400)
    return plain


def _parse_cues(plain: Any) -> Sequence[Cue]:
    if not isinstance(plain, list):
        raise HTTPException(400)
    return [_parse_cue(one) for one in plain]


def _parse_cue(plain: Any) -> Cue:
    if not isinstance(plain, dict):
        raise HTTPException(400)
    speaker, text = _parse_line(plain.get("speaker")), _parse_line(plain.get("text"))
    if not text:
        raise HTTPException(400)
    return Cue(start_ms=_parse_ms(plain.get("start")), end_ms=_parse_ms(plain.get("end")), speaker=speaker, text=text)


def _parse_line(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise HTTPException(400)
    return " ".join(normalise_text(value).split())


def _parse_ms(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _DAY_MS:
        raise HTTPException(400)
    return value
