"""Any bytes give a programme or a list of errors, never a crash."""

import string
import unicodedata
from contextlib import contextmanager

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.content import load_programme
from pipeline.content.dates import parse_time_code
from pipeline.errors import ContentError
from pipeline.model import Programme
from pipeline.model.time_codes import format_position
from pipeline.text import is_slug, normalise_text, slugify
from tests.content.conftest import FILES

PATHS = ["programme.yaml", "episodes/01-burger-centraal/episode.md", "episodes/01-burger-centraal/transcript.vtt", "magazine/magazine.yaml", "magazine/stories/vooraf.md", "magazine/reflections/burger-centraal/tafel-3.md"]  # fmt: skip
FRAGMENTS = ["[", "]", "{", "}", ": ", "- ", "&a ", "*a", "!t ", "|\n", ">\n", '"', "'", "#", "\t", "\n", "---\n", "...\n", "\x00", "\ud800", "é", "\u202e", "%", "@", "~", "null", "-->", "<v ", "&#0;", "2024-02-30", "99:99", "..", "/", "\\", "x" * 300]  # fmt: skip


def load(root):
    """Return the programme, or ``None`` if it has errors; each must be printable and unique."""
    try:
        return load_programme(root)
    except ContentError as error:
        errors = [str(error).encode() for error in error.errors]
    assert errors
    assert sorted(set(errors)) == sorted(errors)
    return None


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A complete programme; each example damages one file and restores it."""
    root = tmp_path_factory.mktemp("promises")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


@contextmanager
def damage(root, path, content):
    (root / path).write_bytes(content)
    yield
    (root / path).write_bytes(FILES[path].encode())


@settings(max_examples=80)
@given(path=st.sampled_from(PATHS), junk=st.binary(max_size=400))
def test_any_bytes_load_or_raise_content_errors(root, path, junk):
    with damage(root, path, junk):
        assert isinstance(load(root), Programme | None)


@settings(max_examples=150)
@given(path=st.sampled_from(PATHS), data=st.data())
def test_slightly_damaged_file_loads_or_raises_content_errors(root, path, data):
    text = FILES[path]
    for _ in range(data.draw(st.integers(1, 3))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(st.sampled_from(FRAGMENTS)) + text[at + length :]
    with damage(root, path, text.encode("utf-8", "surrogatepass")):
        assert isinstance(load(root), Programme | None)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80)
@given(path=st.sampled_from([path for path in PATHS if path.endswith(".yaml")]), data=st.data())
def test_any_value_at_any_key_loads_or_raises_content_errors(root, path, data):
    plain = yaml.safe_load(FILES[path].replace("16:30", '"16:30"'))
    inner = plain
    while isinstance(inner, (dict, list)) and inner and data.draw(st.booleans()):
        keys = sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))
        outer, key = inner, data.draw(st.sampled_from(keys))
        inner = inner[key]
    if inner is not plain:
        outer[key] = data.draw(PLAIN)
    with damage(root, path, yaml.safe_dump(plain, allow_unicode=True).encode()):
        assert isinstance(load(root), Programme | None)


@given(text=st.text())
def test_normalised_text_has_no_control_characters(text):
    normalised = normalise_text(text)

    assert normalised == normalise_text(normalised)
    assert normalised == unicodedata.normalize("NFC", normalised)
    assert not [c for c in normalised if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    assert normalised == normalised.encode("utf-8").decode("utf-8")


def test_text_that_is_normal_as_it_is_gives_what_the_long_way_gives():
    characters = list(map(chr, range(0x2200)))

    assert [normalise_text(f"e{one}\0") for one in characters] == [normalise_text(f"e{one}") for one in characters]


@given(text=st.text())
def test_slugify_returns_a_slug_or_nothing(text):
    slug = slugify(text)

    assert slug == "" or is_slug(slug)
    assert set(slug) <= set(string.ascii_lowercase + string.digits + "-")


@given(ms=st.integers(0, 99 * 3_600_000))
def test_time_code_survives_formatting_and_parsing(ms):
    assert ms == parse_time_code(format_position(ms))
