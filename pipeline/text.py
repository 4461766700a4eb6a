"""Normalise Unicode, strip control characters and HTML comments, build slugs."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from pipeline.errors import Message, fill, make_message

_LINE_BREAKS = re.compile("\r\n?")
_SPACES = re.compile("[\x0b\x0c\x85\u2028\u2029]")  # Word and Google Docs write these for soft breaks and new pages
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0 and C1 controls; tab and newline stay
    "\u202a-\u202e\ufeff"  # bidirectional embeddings and overrides (isolates stay), byte order mark
    "\ud800-\udfff\ufdd0-\ufdef"  # lone surrogates, noncharacters …
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_PLAIN = re.compile("[\t\n -~\xa0-\u02ff\u2010-\u2027\u2030-\u205e\u20ac]*")  # Latin, normal as it is
_NON_LATIN_RUN = re.compile("[^\x00-\u02ff]{32,}")  # only here can a long run of combining marks occur
_MAX_COMBINING = 30
_NOT_SLUG = re.compile("[^a-z0-9]+")
_TRANSLITERATION = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
HTML_COMMENT = re.compile("<!--.*?-->", re.DOTALL)

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SLUG_LENGTH = 80
RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}  # Windows


def normalise_text(text: str) -> str:
    """Return ``text`` in NFC with LF line breaks.

    Control characters, overrides and noncharacters are removed. These characters break or mislead
    ID3 tags, XML or terminals.
    """
    if _PLAIN.fullmatch(text):
        return text  # most are: it takes a fiftieth of the time
    text = _INVISIBLE.sub("", _SPACES.sub(" ", _LINE_BREAKS.sub("\n", text)))
    return unicodedata.normalize("NFC", _NON_LATIN_RUN.sub(_limit_combining_marks, text))


def _limit_combining_marks(run: re.Match[str]) -> str:
    """Keep at most 30 combining marks per letter.

    The time to normalise more grows with their square.

    Source: UAX #15, section 13 (Stream-Safe Text Format).
    """
    result, marks = [], 0
    for char in run[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MAX_COMBINING:
            result.append(char)
    return "".join(result)


def strip_comments(text_md: str) -> str:
    """Remove HTML comments from Markdown: they are meant for colleagues, not for readers."""
    return strip_and_count_comments(text_md)[0]


def strip_and_count_comments(text_md: str) -> tuple[str, int]:
    """Remove HTML comments from Markdown.

    Returns:
        The text, and the number of comments removed.
    """
    end = text_md.rfind("-->") + 3  # the pattern runs up to here only: unclosed comments would take quadratic time
    text, count = HTML_COMMENT.subn("", text_md[:end])
    return text + text_md[end:], count


def fold_case(name: str) -> str:
    """Return a key that is equal for names that some file system treats as the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def escape_unprintable(name: str) -> str:
    """Return a file name as one printable line, so that a message can show it safely."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in name
    )


def escape_message(text: str, *, keep_lines: bool = False) -> Message:
    """Escape what a message shows of files, also in its fields; ``keep_lines`` keeps line breaks."""
    message = make_message(text)
    if message.fields is None:
        return Message(_escape_lines(text) if keep_lines else escape_unprintable(text))
    fields = {
        name: escape_message(field, keep_lines=keep_lines) if isinstance(field, Message)
        else (_escape_lines(field) if keep_lines else escape_unprintable(field)) if isinstance(field, str)
        else field
        for name, field in message.fields.items()
    }  # fmt: skip
    return Message(message.template, fields)


def _escape_lines(text: str) -> str:
    return "\n".join(map(escape_unprintable, text.split("\n")))


def is_slug(name: str) -> bool:
    """Return whether ``name`` can be part of a URL, and a file name on every system."""
    return bool(SLUG.match(name)) and len(name) <= SLUG_LENGTH and name not in RESERVED


def slugify(text: str) -> str:
    """Convert ``text`` to a slug; empty if it has no letter or digit."""
    letters = unicodedata.normalize("NFKD", text).casefold().translate(_TRANSLITERATION)
    slug = _NOT_SLUG.sub("-", "".join(char for char in letters if not unicodedata.combining(char)))
    slug = slug.strip("-")[:SLUG_LENGTH].strip("-")
    return f"{slug}-1" if slug in RESERVED else slug


def suggest_similar(word: str, options: Iterable[str]) -> str:
    """Return the hint "did you mean …?" with the option closest to ``word``, or an empty string."""
    by_folded = {fold_case(option): option for option in sorted(options, reverse=True)}
    matches = get_close_matches(fold_case(word[:100]), by_folded, n=1)
    return fill("did you mean `{name}`?", name=by_folded[matches[0]]) if matches else ""
