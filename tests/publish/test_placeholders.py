"""The gate `placeholder`: sample words of `init` and `new` are not published, drafts and comments do not matter."""

from datetime import UTC, date, datetime

import pytest

from pipeline.content import read_outline
from pipeline.content.placeholders import find_placeholders, list_sample_phrases
from pipeline.content.scaffold import build_item_files, build_starter_files
from pipeline.publish.candidate import build_candidate
from pipeline.publish.gates import check_placeholders

EPISODE = "01-eerste-aflevering"


@pytest.fixture
def starter(tmp_path):
    write(tmp_path, build_starter_files(title="Proef", url="https://example.org/p/", guid="g", day=date(2026, 1, 8)))
    return tmp_path


def write(root, files):
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def find(root, episodes=(EPISODE,)):
    return {(where.file, where.line) for where, _ in find_placeholders(root, episodes=episodes)}


def test_sample_text_is_found_in_every_file_that_init_writes(starter):
    found = {file for file, _ in find(starter)}

    with_text = {path.relative_to(starter).as_posix() for path in [*starter.rglob("*.md"), *starter.rglob("*.vtt")]}
    assert with_text | {"programme.yaml", "magazine/magazine.yaml"} == found


def test_a_finding_names_the_line_of_the_words(starter):
    path = f"episodes/{EPISODE}/episode.md"
    lines = (starter / path).read_text().splitlines()

    found = [
        (where.line, words) for where, words in find_placeholders(starter, episodes=[EPISODE]) if where.file == path
    ]

    assert len(found) >= 2
    assert all(words in lines[line - 1] for line, words in found)


def test_words_of_people_are_no_placeholder(starter):
    for path in [*starter.rglob("*.md"), *starter.rglob("*.vtt"), *starter.rglob("*.yaml")]:
        text = path.read_text()
        for phrase in list_sample_phrases():
            text = text.replace(phrase, "Dit is een voorbeeld van een goed gesprek.")
        path.write_text(text)

    assert set() == find(starter)


def test_a_draft_and_an_episode_that_is_held_back_do_not_block(starter):
    draft = starter / "magazine/reflections/eerste-bijeenkomst/tafel-1.md"
    draft.write_text(draft.read_text().replace("approved: 2026", "# approved: 2026"))

    found = {file for file, _ in find(starter, episodes=())}

    assert not {file for file in found if file.startswith(("episodes/", "magazine/reflections/"))}


def test_a_comment_is_no_placeholder_and_an_unfilled_field_is(starter):
    path = "magazine/stories/vooraf.md"
    head = "---\ntitle: Vooraf\nintro: Echt.\n{line}\n---\nTekst.\n"
    (starter / path).write_text(head.format(line="# picture: {file: images/….jpg, alt: …}"))
    assert path not in {file for file, _ in find(starter)}

    (starter / path).write_text(head.format(line="picture: {file: images/a.jpg, alt: …}"))
    assert (path, 4) in find(starter)


@pytest.mark.parametrize("kind", ["episode", "event", "case", "story"])
def test_what_new_writes_is_published_only_with_words_of_people(starter, kind):
    event = "eerste-bijeenkomst" if kind == "case" else ""
    outline = read_outline(starter)
    before = find(starter, episodes=[EPISODE, "nieuw"])
    now = datetime(2026, 1, 8, tzinfo=UTC)
    write(starter, build_item_files(kind, "nieuw", outline=outline, now=now, event=event, guid="h"))

    assert before == find(starter, episodes=[EPISODE, "nieuw"])  # empty fields and comments: nothing is shown


def test_the_gate_blocks_the_sample_text_and_warns_about_the_address(starter, podcast):
    podcast.build()
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)
    assert [] == list(check_placeholders(candidate))

    write(podcast.root, {"programme.yaml": (starter / "programme.yaml").read_bytes()})
    codes = [(one.code, one.severity) for one in podcast.prepare().findings]

    assert [("placeholder", "error"), ("example-url", "warning")] == codes
    assert "placeholder" not in podcast.find_blocking_codes(accept=("placeholder",), reason="een proef")
