"""Serve the files of a preview from a folder that may be swapped at any moment; add the reload script to pages."""

import hashlib
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from pipeline import urls
from pipeline.server.reload_channel import ReloadState
from pipeline.typesetting import Theme, read_asset

RELOAD_SCRIPT = "/-/reload.js"

_HTML, _XML = urls.MEDIA_TYPES[".html"], urls.MEDIA_TYPES[".xml"]
_SINGLE_RANGE = re.compile(r"bytes=(?:(\d{1,19})-(\d{0,19})|-\d{1,19})")
_RETRIES = 5  # swapping a folder takes less time than one retry
_FORBIDDEN = re.compile(r"//|/\.|[\x00-\x1f\\]")  # an empty or hidden name, a control character


def serve_file(request: Request, *, folder: Path, state: ReloadState) -> Response:
    """Return the requested file, or the site's own 404 page.

    Args:
        request: A GET or HEAD request.
        folder: The folder to serve. Its links must not lead outside it; hidden files are not served.
        state: The version for the reload script. Read it before this call: a page that is newer than its version
            reloads once too often, a page that is older would never reload.
    """
    path = request.scope["path"]
    for _ in range(_RETRIES):
        file = _locate(folder, path)
        try:
            if file is None:
                return _render_not_found(folder)
            if file.is_dir():
                return RedirectResponse(quote(f"/{path.strip('/')}/"), status_code=301)
            if file.suffix == ".html":
                return make_response(_add_reload_script(file.read_bytes(), state.version), _HTML, request)
            # Chromium shows application/rss+xml as bare text
            media_type = _XML if file.suffix == ".xml" else urls.get_media_type(f"/{file.name}")
            return open_file(file, request, media_type)
        except FileNotFoundError:  # the folder was swapped between two steps
            continue
    return PlainTextResponse("Not found.\n", status_code=404)


def make_response(content: bytes, media_type: str, request: Request, *, status: int = 200) -> Response:
    """Return ``content`` with an ETag, or 304 if the browser has it already."""
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"', "Content-Type": media_type}
    if status == 200 and _is_known(headers["ETag"], request.headers):
        return Response(status_code=304, headers={"ETag": headers["ETag"]})
    return Response(content, status_code=status, headers=headers)


def serve_asset(name: str, request: Request, *, names: Collection[str], theme: Theme) -> Response:
    """Return a file of the templates of a server, or 404 if its name is none of ``names``."""
    if name not in names:
        raise HTTPException(404)
    return make_response(read_asset(name, theme=theme), urls.MEDIA_TYPES[Path(name).suffix], request)


def _locate(folder: Path, path: str) -> Path | None:
    """Find the file or folder below ``folder``, also after following links; a folder's address means its index page."""
    name = path.strip("/")
    if _FORBIDDEN.search(f"/{name}"):
        return None
    file = folder / name / "index.html" if path.endswith("/") else folder / name
    try:
        is_inside = file.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return None
    return file if is_inside and (file.is_file() or file.is_dir()) else None


def open_file(path: Path, request: Request, media_type: str) -> Response:
    """Return a file, or the range of it that was requested, with an ETag.

    Raises:
        FileNotFoundError: It does not exist any more.
    """
    file = path.open("rb")
    stat = os.fstat(file.fileno())
    tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}-{stat.st_ino:x}"'  # files are replaced, never written into
    if _is_known(tag, request.headers):
        file.close()
        return Response(status_code=304, headers={"ETag": tag})
    _ignore_unusable_range(request)
    return _OpenFileResponse(file, stat, {"ETag": tag, "Content-Type": media_type})


class _OpenFileResponse(FileResponse):
    """A response from a file that is open already, so that its name may disappear while the response begins."""

    def __init__(self, file: BinaryIO, stat: os.stat_result, headers: Mapping[str, str]) -> None:
        super().__init__(f"/dev/fd/{file.fileno()}", stat_result=stat, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


def _is_known(tag: str, headers: Mapping[str, str]) -> bool:
    """Check If-None-Match (RFC 9110, 13.1.2)."""
    known = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    return tag in known or "*" in known


def _ignore_unusable_range(request: Request) -> None:
    """Remove a Range header that is malformed or asks for several ranges: the whole file is the answer (RFC 9110, 14.2).

    Starlette would answer 400, or several parts.
    """
    headers = MutableHeaders(scope=request.scope)
    match = _SINGLE_RANGE.fullmatch(headers.get("range", "").strip())
    if not match or (match[1] and match[2] and int(match[2]) < int(match[1])):
        del headers["range"]


def _render_not_found(folder: Path) -> Response:
    page = folder / urls.NOT_FOUND
    if page.is_file():
        return Response(page.read_bytes(), status_code=404, headers={"Content-Type": _HTML})
    return PlainTextResponse("Not found.\n", status_code=404)


def _add_reload_script(page: bytes, version: int) -> bytes:
    """Add the script if the page's own Content-Security-Policy allows files of this address."""
    head, end_tag, rest = page.partition(b"</head>")
    script = f'<script src="{RELOAD_SCRIPT}?{version}" defer></script>'.encode()
    return head + script + end_tag + rest if b"script-src 'self'" in head and end_tag else page
