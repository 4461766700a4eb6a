"""The web application of the review desk: its pages, and what their requests do."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import urls
from pipeline.content.approval_recording import GivenApproval
from pipeline.content.approval_replies import MAX_BY
from pipeline.model import Cut
from pipeline.server.app import LocalOnlyMiddleware
from pipeline.server.review.approvals import ApprovalDesk, parse_day
from pipeline.server.review.desk import RANGE_KEYS, ReviewDesk
from pipeline.server.review.page_texts import MEANS_TEXTS, translate_approvals, translate_page
from pipeline.server.review.requests import answer, parse_cues, parse_line, parse_ms, read_body
from pipeline.server.review.session import SessionGuard
from pipeline.server.static_files import make_response, open_file, serve_asset
from pipeline.speech.peaks import PEAKS_PER_S, compute_peaks
from pipeline.typesetting import Theme, render_template

_ASSETS = (
    "review.css",
    "approvals.js",
    "desk.js",
    "cues.js",
    "keys.js",
    "player.js",
    "saving.js",
    "waveform.js",
    "fonts/SourceSans3-Regular.ttf.woff2",
    "fonts/SourceSans3-Semibold.ttf.woff2",
    "fonts/SourceSerif4-Regular.ttf.woff2",
)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; media-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KINDS = ("heard", "signed")


def create_review_app(
    desk: ReviewDesk | None,
    approvals: ApprovalDesk,
    *,
    token: str,
    hosts: AbstractSet[str],
    language: str,
    translate: Callable[[str], str],
) -> Starlette:
    """Create the application.

    Args:
        desk: The transcript; ``None``: only reflections are approved.
        approvals: The reflections.
        token: Opens the desk once, as ``/?token=…``; then the browser has a cookie.
        hosts: The values of the Host header that are answered; all others get 400.
        language: Of the page: nl or en.
        translate: Returns a message in that language.
    """
    shared = _SharedPages(language=language, translate=translate)
    routes = [
        *(_TranscriptPages(desk, shared).list_routes() if desk else [Route("/", _show_approvals_first)]),
        *_ApprovalPages(approvals, shared, has_transcript=desk is not None).list_routes(),
        Route("/fonts/{name}", shared.serve_asset),
        Route("/{name}", shared.serve_asset),
    ]
    middleware = [
        Middleware(LocalOnlyMiddleware, hosts=hosts),
        Middleware(SessionGuard, token=token, hosts=hosts, translate=translate),
    ]
    return Starlette(routes=routes, middleware=middleware)


def _show_approvals_first(_: Request) -> Response:
    return RedirectResponse("/approvals", status_code=303)


class _SharedPages:
    """What the pages share: how they are rendered, scripts, style sheet and fonts."""

    def __init__(self, *, language: str, translate: Callable[[str], str]) -> None:
        self.language, self.translate = language, translate
        self.theme = Theme(folder="review", language=language)

    def show(self, name: str, request: Request, **values: Any) -> Response:
        html = render_template(name, theme=self.theme, language=self.language, **values)
        response = make_response(html.encode(), urls.MEDIA_TYPES[".html"], request)
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    def serve_asset(self, request: Request) -> Response:
        return serve_asset(request.scope["path"].removeprefix("/"), request, names=_ASSETS, theme=self.theme)


class _TranscriptPages:
    """The transcript editor."""

    def __init__(self, desk: ReviewDesk, shared: _SharedPages) -> None:
        self.desk, self.shared, self.translate = desk, shared, shared.translate
        self.compute_peaks = lru_cache(maxsize=1)(compute_peaks)

    def list_routes(self) -> list[Route]:
        return [
            Route("/", self.show_editor),
            Route("/api/transcript", self.load),
            Route("/api/version", self.get_version),
            Route("/api/cues", self.save, methods=["POST"]),
            Route("/api/reviews", self.record, methods=["POST"]),
            Route("/api/ranges", self.mark, methods=["POST"]),
            Route("/peaks", self.get_peaks),
            Route("/sound.wav", self.play),
        ]

    def show_editor(self, request: Request) -> Response:
        texts = translate_page(self.translate)
        return self.shared.show("review.html", request, desk=self.desk, texts=texts, peaks_per_s=PEAKS_PER_S)

    def load(self, _: Request) -> Response:
        return answer(self.desk.load, self.translate)

    def get_version(self, _: Request) -> Response:
        return JSONResponse({"version": self.desk.compute_version()})

    async def save(self, request: Request) -> Response:
        body = await read_body(request)
        old, new = parse_cues(body.get("old")), parse_cues(body.get("new"))
        return await run_in_threadpool(answer, lambda: self.desk.save(old, new), self.translate)

    async def record(self, request: Request) -> Response:
        body = await read_body(request)
        digests, kind = body.get("digests"), body.get("kind")
        if kind not in _KINDS or not isinstance(digests, list) or not all(isinstance(one, str) for one in digests):
            raise HTTPException(400)
        return await run_in_threadpool(answer, lambda: self.desk.record(digests, kind), self.translate)

    async def mark(self, request: Request) -> Response:
        body = await read_body(request)
        key, remove = body.get("key"), body.get("remove") is True
        if key not in RANGE_KEYS:
            raise HTTPException(400)
        cut = Cut(from_ms=parse_ms(body.get("from")), to_ms=parse_ms(body.get("to")))
        return await run_in_threadpool(answer, lambda: self.desk.mark(key, cut, remove=remove), self.translate)

    def get_peaks(self, request: Request) -> Response:
        return make_response(self.compute_peaks(str(self.desk.sound)), "application/octet-stream", request)

    def play(self, request: Request) -> Response:
        try:
            return open_file(self.desk.sound, request, "audio/wav")
        except FileNotFoundError:
            raise HTTPException(404) from None


class _ApprovalPages:
    """The page on which approvals of reflections are recorded."""

    def __init__(self, desk: ApprovalDesk, shared: _SharedPages, *, has_transcript: bool) -> None:
        self.desk, self.shared, self.has_transcript = desk, shared, has_transcript

    def list_routes(self) -> list[Route]:
        return [
            Route("/approvals", self.show),
            Route("/api/approvals", self.load),
            Route("/api/approvals", self.record, methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        texts = translate_approvals(self.shared.translate)
        return self.shared.show(
            "approvals.html", request, texts=texts, max_by=MAX_BY, has_transcript=self.has_transcript
        )

    def load(self, _: Request) -> Response:
        return answer(self.desk.load, self.shared.translate)

    async def record(self, request: Request) -> Response:
        body = await read_body(request)
        by, day, means = parse_line(body.get("by")), parse_day(parse_line(body.get("day"))), body.get("means")
        digests, file = body.get("digests"), parse_line(body.get("file"))
        if not by or len(by) > MAX_BY or "@" in by or day is None or means not in MEANS_TEXTS:
            raise HTTPException(400)
        if not isinstance(digests, list) or not all(isinstance(one, str) for one in digests):
            raise HTTPException(400)
        given = GivenApproval(by=by, day=day, means=means, recorded_by=self.desk.by)
        return await run_in_threadpool(answer, lambda: self.desk.record(file, digests, given), self.shared.translate)
