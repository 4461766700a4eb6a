"""What text must be before anything else sees it: composed, and without characters that nobody can see."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_BREAKS = re.compile("\r\n?")
_SPACES = re.compile("[\x0b\x0c\x85\u2028\u2029]")  # what Word and Google Docs write for a soft break or a new page
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0 and C1; tab and newline stay
    "\u202a-\u202e\ufeff"  # embeddings and overrides of direction (isolates stay), and a stray byte order mark
    "\ud800-\udfff\ufdd0-\ufdef"  # lone surrogates, non-characters …
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_FOREIGN = re.compile("[^\x00-\u02ff]{32,}")  # where a long run of accents could hide
_NO_SLUG = re.compile("[^a-z0-9]+")
COMMENT = re.compile("<!--.*?-->", re.DOTALL)
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SLUG_LENGTH = 80
RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}  # Windows


def clean(text: str) -> str:
    """``text`` in NFC, with one kind of line break, and without control characters, overrides and non-characters.

    ID3 tags, XML and terminals each choke on one of these, or are misled by it.
    """
    text = _UNSEEN.sub("", _SPACES.sub(" ", _BREAKS.sub("\n", text)))
    return unicodedata.normalize("NFC", _FOREIGN.sub(_stream_safe, text))


def _stream_safe(run: re.Match[str]) -> str:
    """At most 30 accents on one letter (UAX #15, 13): to sort more of them takes time that grows with their square."""
    kept, accents = [], 0
    for char in run[0]:
        accents = accents + 1 if unicodedata.combining(char) else 0
        if accents <= 30:
            kept.append(char)
    return "".join(kept)


def without_comments(text_md: str) -> str:
    """Markdown without what stands in HTML comments: whoever writes one means it for colleagues, and for no reader."""
    return uncommented(text_md)[0]


def uncommented(text_md: str) -> tuple[str, int]:
    """The same, and how many comments there were."""
    end = text_md.rfind("-->") + 3  # behind it none ends: to look for its end from each that begins is a hanging matter
    bare, count = COMMENT.subn("", text_md[:end])
    return bare + text_md[end:], count


def folded(name: str) -> str:
    """Equal for two names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def shown(name: str) -> str:
    """A name of a file as it may stand in a message: whatever it holds, one printable line."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in name
    )


def is_slug(name: str) -> bool:
    """Whether ``name`` can be part of an address and a file name everywhere."""
    return bool(SLUG.match(name)) and len(name) <= SLUG_LENGTH and name not in RESERVED


def slug_of(text: str) -> str:
    """The slug nearest to ``text``; empty when no letter or digit is left."""
    letters = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    slug = _NO_SLUG.sub("-", "".join(char for char in letters if not unicodedata.combining(char)))
    slug = slug.strip("-")[:SLUG_LENGTH].strip("-")
    return f"{slug}-1" if slug in RESERVED else slug


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """A hint that names the nearest of ``options``, or nothing."""
    by_fold = {folded(option): option for option in sorted(options, reverse=True)}
    near = get_close_matches(folded(word[:100]), by_fold, n=1)
    return f"did you mean `{by_fold[near[0]]}`?" if near else ""
