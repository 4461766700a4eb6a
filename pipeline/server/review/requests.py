"""JSON requests and answers of the review desk: what is in a body, and what becomes of an error."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import ContentError, WeerslagError
from pipeline.model import Cue
from pipeline.server.review.desk import StaleEditError
from pipeline.text import normalise_text

_MAX_BODY_BYTES = 4 << 20
_MAX_TEXT = 4000  # characters of one cue
_DAY_MS = 100 * 3_600_000


def answer(act: Callable[[], Mapping[str, Any]], translate: Callable[[str], str]) -> Response:
    """Return a result as JSON; 409: somebody else changed the same words, 422: the files or the values do not allow it."""

    def explain(error: WeerslagError) -> str:
        return "\n".join(filter(None, (translate(error.message), translate(error.hint) if error.hint else "")))

    try:
        return JSONResponse(act())
    except StaleEditError as error:
        return JSONResponse({"message": explain(error), "cues": error.cues}, status_code=409)
    except ContentError as error:
        message = "\n".join(one.format(translate) for one in error.errors) or explain(error)
        return JSONResponse({"message": message}, status_code=422)
    except WeerslagError as error:
        return JSONResponse({"message": explain(error)}, status_code=500)


async def read_body(request: Request) -> dict[str, Any]:
    """Read a JSON object; all else gets 400, 413 or 415."""
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


def parse_cues(plain: Any) -> Sequence[Cue]:
    """Return cues; all else gets 400."""
    if not isinstance(plain, list):
        raise HTTPException(400)
    return [_parse_cue(one) for one in plain]


def _parse_cue(plain: Any) -> Cue:
    if not isinstance(plain, dict):
        raise HTTPException(400)
    speaker, text = parse_line(plain.get("speaker")), parse_line(plain.get("text"))
    if not text:
        raise HTTPException(400)
    return Cue(start_ms=parse_ms(plain.get("start")), end_ms=parse_ms(plain.get("end")), speaker=speaker, text=text)


def parse_line(value: Any) -> str:
    """Return one line of text; all else gets 400."""
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise HTTPException(400)
    return " ".join(normalise_text(value).split())


def parse_ms(value: Any) -> int:
    """Return a time in milliseconds; all else gets 400."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _DAY_MS:
        raise HTTPException(400)
    return value
