"""What is answered to a request: a file of ``public/``, whole or in part, or a page that says what is wrong. Pure but for the disk."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pipeline import urls
from pipeline.server.ranges import UnsatisfiableError, range_of
from pipeline.server.reload_channel import Notice
from pipeline.typesetting import Theme, asset, render

DESK = "/-/"  # what is ours: no output of a build has such a path
NEWS = f"{DESK}news"  # server-sent events: the version of what is served

_TYPES = urls.MEDIA_TYPES
_OURS = ("reload.js", "worker.js", "notice.css")
_ALWAYS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),  # beside the policy that each page brings itself
)
_NOTICE_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a browser asks; ``headers`` with lower-case names."""

    method: str
    target: str  # path and query, as they came
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers, and the body: bytes, or ``length`` bytes of a ``file`` from ``first`` on."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    file: Path | None = None
    first: int = 0
    length: int = 0


def answer(request: Request, *, public: Path, hosts: frozenset[str], notice: Notice) -> Answer:
    """The answer to anything but ``NEWS``.

    A foreign ``Host`` is refused: a page elsewhere could give its own name this machine's address, and read along.
    """
    if refused := refusal(request, hosts):
        return refused
    parts = urlsplit(request.target)
    path = unquote(parts.path, errors="replace")
    if path.startswith(DESK):
        return _ours(path.removeprefix(DESK))
    wants_page = path.endswith(("/", ".html"))
    if wants_page and notice.head and "anyway" not in parse_qs(parts.query, keep_blank_values=True):
        return _notice_page(notice, path)
    file = _file_at(public, path)
    if file is None:
        return _lost(public)
    if file.is_dir():
        return _plain(301, "This is a folder.\n", ("Location", f"{quote(path)}/"))
    return _whole_or_part(file, request.headers, notice.version)


def refusal(request: Request, hosts: frozenset[str]) -> Answer | None:
    """The answer to a request that nobody at this machine's own address would make."""
    if request.headers.get("host", "").lower() not in hosts:
        return _plain(400, "This address is for a browser on this machine only.\n")
    if request.method not in ("GET", "HEAD"):
        return _plain(405, "This can be looked at, and no more.\n", ("Allow", "GET, HEAD"))
    return None


def _ours(name: str) -> Answer:
    if name not in _OURS:
        return _plain(404, "There is no such file.\n")
    return _body(200, asset(name, theme=Theme(room="preview", language="en")), _TYPES[Path(name).suffix])


def _notice_page(notice: Notice, path: str) -> Answer:
    html = render("notice.html", theme=Theme(room="preview", language="en"), notice=notice, desk=DESK, path=quote(path))
    return _body(503, html.encode(), _TYPES[".html"], policy=_NOTICE_POLICY)


def _lost(public: Path) -> Answer:
    page = public / "404.html"
    if page.is_file():
        return _body(404, page.read_bytes(), _TYPES[".html"])
    return NOTHING


def _file_at(public: Path, path: str) -> Path | None:
    """What lies at ``path``: inside ``public/``, also after links, and not hidden; a folder's page for its address."""
    names = path.strip("/").split("/") if path.strip("/") else []
    if not path.startswith("/") or any(not _fair(name) for name in names):
        return None
    file = public.joinpath(*names, *(("index.html",) if path.endswith("/") else ()))
    try:
        found = file.resolve(strict=True)
        inside = found.is_relative_to(public.resolve())
    except OSError:
        return None
    return file if inside and (file.is_file() or file.is_dir()) else None


def _fair(name: str) -> bool:
    return bool(name) and not name.startswith(".") and not re.search(r"[\x00-\x1f\\]", name)


def _whole_or_part(file: Path, headers: dict[str, str], version: int) -> Answer:
    # The feed as plain XML: Chromium shows application/rss+xml as bare text.
    kind = _TYPES[".xml"] if file.suffix == ".xml" else urls.media_type(f"/{file.name}")
    if file.suffix == ".html":
        return _unless_known(_body(200, _with_script(file.read_bytes(), version), kind), headers)
    stat = file.stat()
    tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}-{stat.st_ino:x}"'  # what is served is swapped whole, never written into
    whole = Answer(
        status=200,
        headers=(*_ALWAYS, ("Content-Type", kind), ("ETag", tag), ("Accept-Ranges", "bytes")),
        file=file,
        length=stat.st_size,
    )
    if "range" in headers and headers.get("if-range", tag) == tag:
        return _unless_known(_part(whole, headers["range"]), headers)
    return _unless_known(whole, headers)


def _part(whole: Answer, asked: str) -> Answer:
    size = whole.length
    try:
        place = range_of(asked, size)
    except UnsatisfiableError:
        return _plain(416, "There is nothing so far on.\n", ("Content-Range", f"bytes */{size}"))
    if place is None:
        return whole
    first, last = place
    headers = (*whole.headers, ("Content-Range", f"bytes {first}-{last}/{size}"))
    return Answer(status=206, headers=headers, file=whole.file, first=first, length=last + 1 - first)


def _unless_known(made: Answer, headers: dict[str, str]) -> Answer:
    """304 for whoever has it already: RFC 9110, 13.1.2."""
    tag = dict(made.headers).get("ETag", "")
    known = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    if made.status in (200, 206) and (tag in known or "*" in known):
        return Answer(status=304, headers=(*_ALWAYS, ("ETag", tag)))
    return made


def _with_script(page: bytes, version: int) -> bytes:
    """The page with the script that reloads it: a file of this address, as its own policy asks.

    The version was read before the page was: a page that is newer reloads once too often, and never once too few.
    """
    head, mark, tail = page.partition(b"</head>")
    allowed = b"script-src 'self'" in head
    script = f'<script src="{DESK}reload.js?{version}" defer></script>'.encode()
    return head + script + mark + tail if allowed and mark else page


def _body(status: int, body: bytes, kind: str, *, policy: str = "") -> Answer:
    headers = dict(_ALWAYS) | {"Content-Type": kind, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
    if policy:
        headers["Content-Security-Policy"] = policy
    return Answer(status=status, headers=tuple(headers.items()), body=body, length=len(body))


def _plain(status: int, words: str, *more: tuple[str, str]) -> Answer:
    made = _body(status, words.encode(), _TYPES[".txt"])
    return Answer(status=status, headers=(*made.headers, *more), body=made.body, length=made.length)


NOTHING = _plain(404, "There is nothing here.\n")
