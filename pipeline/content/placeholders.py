"""Find sample words that ``init`` and ``new`` wrote, and that nobody replaced."""

import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from pipeline.errors import SourceLocation
from pipeline.text import HTML_COMMENT, normalise_text

_SAMPLES = Path(__file__).with_name("data")
_SAMPLE_WORD = re.compile(r"\b(?:voorbeeld|testgeluid|weerslag init)\b", re.IGNORECASE)
_YAML_AROUND = re.compile(r"^(?:[-{\s]|\w+:\s)+|,\s\w+:.*$")
_MIN_WORDS = 4  # a shorter one, such as “Voorbeeld”, is what anybody writes
_COMMENT = re.compile(r"(?:^|\s)#\s.*|^NOTE\b.*", re.MULTILINE)
_UNFILLED = re.compile(r"(?::|-)\s*[\"']?(?:https?://)?…[\"']?\s*(?:$|[,}\]])", re.MULTILINE)
_EXAMPLE_URL = re.compile(r"^url:\s*[\"']?https?://(?:[\w-]+\.)*example\.(?:org|com|net)\b", re.MULTILINE)  # RFC 2606
_APPROVED = re.compile(r"^approved:\s*\S", re.MULTILINE)
_TEXTS = ("programme.yaml", "about.md", "magazine/magazine.yaml", "magazine/newsletters/*.md", "magazine/stories/*.md")
_EVENT_TEXTS = ("magazine/cases/*/*.md", "magazine/reflections/*/*.md")


def find_placeholders(root: Path, *, episodes: Collection[str]) -> Iterator[tuple[SourceLocation, str]]:
    """Find the sample words in the files that are published; drafts of reflections are not.

    Args:
        root: The folder of the programme.
        episodes: The slugs of the episodes that are published.

    Yields:
        Where they are, and the words.
    """
    for path, text in _read_texts(root, episodes):
        plain = _blank_comments(text)
        found = [(match.start(), match[0].strip()) for match in _UNFILLED.finditer(plain)]
        found += [(at, phrase) for phrase in list_sample_phrases() if (at := plain.find(phrase)) >= 0]
        longest = dict(sorted(found, key=lambda one: len(one[1])))  # a phrase may begin another one
        for start, words in sorted(longest.items()):
            yield SourceLocation(path, plain.count("\n", 0, start) + 1), words


def find_example_url(root: Path) -> SourceLocation | None:
    """Find an address for examples in ``url:`` of programme.yaml.

    Source: RFC 2606, section 3.
    """
    path = "programme.yaml"
    text = _read_text(root / path)
    match = _EXAMPLE_URL.search(text)
    return SourceLocation(path, text.count("\n", 0, match.start()) + 1) if match else None


@cache
def list_sample_phrases() -> tuple[str, ...]:
    """List the lines of sample text in the files that ``init`` and ``new`` write, without the YAML around them."""
    files = (file for file in sorted(_SAMPLES.rglob("*")) if file.is_file())
    lines = (line for file in files for line in _blank_comments(file.read_text("utf-8")).split("\n"))
    phrases = (_YAML_AROUND.sub("", line).strip(" .") for line in lines if _SAMPLE_WORD.search(line))
    return tuple(sorted({one for one in phrases if len(one.split()) >= _MIN_WORDS}))


def _read_texts(root: Path, episodes: Collection[str]) -> Iterator[tuple[str, str]]:
    own = [f"episodes/{slug}/{name}" for slug in sorted(episodes) for name in ("episode.md", "transcript.vtt")]
    for pattern in (*_TEXTS, *_EVENT_TEXTS, *own):
        for file in sorted(root.glob(pattern)):
            path = file.relative_to(root).as_posix()
            text = _read_text(file)
            if PurePosixPath(path).parts[:2] != ("magazine", "reflections") or _APPROVED.search(text):
                yield path, text


def _read_text(file: Path) -> str:
    return normalise_text(file.read_bytes().decode("utf-8", "replace")) if file.is_file() else ""


def _blank_comments(text: str) -> str:
    """Return the text without the words in comments; every line keeps its number."""
    return _COMMENT.sub("", HTML_COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text))
