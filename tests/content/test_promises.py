"""Whatever the bytes: a programme comes out, or all its faults; and never anything else."""

import string
import unicodedata
from contextlib import contextmanager

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.content import load_programme
from pipeline.content.dates import clock, parse_clock
from pipeline.errors import ContentError
from pipeline.model import Programme
from pipeline.text import clean, is_slug, slug_of
from tests.content.conftest import FILES

ROOMS = ["programme.yaml", "episodes/01-burger-centraal/episode.md", "episodes/01-burger-centraal/transcript.vtt", "magazine/magazine.yaml", "magazine/stories/vooraf.md", "magazine/reflections/burger-centraal/tafel-3.md"]  # fmt: skip
SPICE = ["[", "]", "{", "}", ": ", "- ", "&a ", "*a", "!t ", "|\n", ">\n", '"', "'", "#", "\t", "\n", "---\n", "...\n", "\x00", "\ud800", "é", "\u202e", "%", "@", "~", "null", "-->", "<v ", "&#0;", "2024-02-30", "99:99", "..", "/", "\\", "x" * 300]  # fmt: skip


def outcome(root):
    """A programme, or its faults: each can be printed, and none is told twice."""
    try:
        return load_programme(root)
    except ContentError as error:
        faults = [str(fault).encode() for fault in error.faults]
    assert faults
    assert sorted(set(faults)) == sorted(faults)
    return None


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A whole programme; each example spoils one file of it, and puts it back."""
    root = tmp_path_factory.mktemp("promises")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


@contextmanager
def spoiled(root, room, content):
    (root / room).write_bytes(content)
    yield
    (root / room).write_bytes(FILES[room].encode())


@settings(max_examples=80)
@given(room=st.sampled_from(ROOMS), junk=st.binary(max_size=400))
def test_any_bytes_give_a_programme_or_its_faults(root, room, junk):
    with spoiled(root, room, junk):
        assert isinstance(outcome(root), Programme | None)


@settings(max_examples=150)
@given(room=st.sampled_from(ROOMS), data=st.data())
def test_a_file_that_was_mangled_a_little_gives_a_programme_or_its_faults(root, room, data):
    text = FILES[room]
    for _ in range(data.draw(st.integers(1, 3))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(st.sampled_from(SPICE)) + text[at + length :]
    with spoiled(root, room, text.encode("utf-8", "surrogatepass")):
        assert isinstance(outcome(root), Programme | None)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80)
@given(room=st.sampled_from([room for room in ROOMS if room.endswith(".yaml")]), data=st.data())
def test_any_value_at_any_key_gives_a_programme_or_its_faults(root, room, data):
    plain = yaml.safe_load(FILES[room].replace("16:30", '"16:30"'))
    inner = plain
    while isinstance(inner, (dict, list)) and inner and data.draw(st.booleans()):
        keys = sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))
        outer, key = inner, data.draw(st.sampled_from(keys))
        inner = inner[key]
    if inner is not plain:
        outer[key] = data.draw(PLAIN)
    with spoiled(root, room, yaml.safe_dump(plain, allow_unicode=True).encode()):
        assert isinstance(outcome(root), Programme | None)


@given(text=st.text())
def test_clean_text_has_nothing_that_breaks_feeds_tags_or_terminals(text):
    cleaned = clean(text)

    assert cleaned == clean(cleaned)
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert not [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    assert cleaned == cleaned.encode("utf-8").decode("utf-8")


@given(text=st.text())
def test_a_slug_that_is_offered_is_a_slug(text):
    slug = slug_of(text)

    assert slug == "" or is_slug(slug)
    assert set(slug) <= set(string.ascii_lowercase + string.digits + "-")


@given(ms=st.integers(0, 99 * 3_600_000))
def test_a_clock_comes_back_as_it_went_in(ms):
    assert ms == parse_clock(clock(ms))
