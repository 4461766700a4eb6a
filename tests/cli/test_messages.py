"""Messages in Dutch: every one has a translation with the same fields, and no fault is explained in English."""

import errno
import gettext
import os
import pickle
import re
import string

import pytest

from pipeline.audio.tasks import MeasureTask
from pipeline.builder.task_functions import run_measure
from pipeline.catalogue import DOMAIN, get_locale_folder
from pipeline.content import load_files
from pipeline.content.schema.case import CaseSchema
from pipeline.content.schema.episode import EpisodeSchema
from pipeline.content.schema.magazine import MagazineSchema
from pipeline.content.schema.programme import ProgrammeSchema
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.content.schema.story import StorySchema
from pipeline.errors import AudioError, ContentError, Message, StorageError, fill
from pipeline.executors import run_task_isolated, serialise_task
from pipeline.lint.feed_reader import XML_ERRORS
from pipeline.lint.rules import load_rules
from pipeline.model import Finding, from_json, to_display_json, to_json
from tests.cli.messages import PACKAGE, find_files, find_messages
from tests.cli.test_language import run
from tests.typesetting.catalogue import read_messages

SCHEMAS = (ProgrammeSchema, EpisodeSchema, MagazineSchema, StorySchema, ReflectionSchema, CaseSchema)


@pytest.fixture(scope="module")
def dutch():
    """The Dutch text of each message that has one."""
    return {message.id: message.string for message in read_messages() if isinstance(message.id, str)}


def read_fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_every_message_of_an_error_or_warning_is_in_the_catalogue(dutch):
    found = [
        (f"{file.relative_to(PACKAGE)}:{line}", text) for file in find_files() for line, text in find_messages(file)
    ]

    assert len({text for _, text in found}) > 500
    assert [] == [(where, text) for where, text in found if text is None], "an f-string cannot be translated: use fill"
    assert [] == [(where, text) for where, text in found if not dutch.get(text)]


def test_rules_of_the_linter_are_in_the_catalogue(dutch):
    rules = load_rules().values()

    assert [] == [text for rule in rules for text in (rule.why, rule.hint) if text and not dutch.get(text)]
    assert [] == [text for _, text in XML_ERRORS.values() if not dutch.get(text)]
    assert [] == [error for error in (errno.ENOENT, errno.EACCES, errno.ENOSPC) if not dutch.get(os.strerror(error))]


def test_translations_have_the_fields_of_their_messages(dutch):
    messages = {text for file in find_files() for _, text in find_messages(file) if text}

    filled = [text for text in messages if re.search(r"\{\w", text) and text in dutch]

    assert len(filled) > 200
    assert [] == [text for text in filled if read_fields(text) != read_fields(dutch[text])]


def test_names_of_files_in_messages_are_in_the_catalogue(dutch):
    assert [] == [schema.noun for schema in SCHEMAS if not dutch.get(f"the {schema.noun}")]


def test_message_is_english_text_that_keeps_its_parts():
    message = fill("`{key}` {message}", key="titel", message=Message("is empty"))
    words = {"`{key}` {message}": "`{key}` {message}", "is empty": "is leeg"}

    assert "`titel` is empty" == message
    assert "`titel` is leeg" == message.render(words.__getitem__)
    sent = pickle.loads(pickle.dumps(StorageError(message, hint="is empty")))  # as from a worker process
    assert ("`titel` is leeg", "is leeg") == (
        sent.message.render(words.__getitem__),
        sent.hint.render(words.__getitem__),
    )


def test_reason_of_the_system_is_translated():
    message = fill("cannot be read: {strerror}", strerror="Permission denied")

    assert "cannot be read: Permission denied" == message
    assert "kan niet worden gelezen: geen toegang" == translate(message)


def test_error_of_a_worker_process_is_translated(tmp_path):
    (tmp_path / "map.wav").mkdir()
    task = MeasureTask(parts=(str(tmp_path / "map.wav"),))

    with pytest.raises(AudioError) as raised:
        run_task_isolated(serialise_task(run_measure, task))

    assert "this is a folder, not an audio file" == raised.value.message
    assert "dit is een map, geen geluidsbestand" == translate(raised.value.message)


LINTED = """<rss version="2.0"><channel><title>Proef</title><link>hier</link><itnes/>
<item><title>Een</title><enclosure url="http://x.example/a b.mp3" type="audio/ogg"/></item></channel></rss>"""


def test_linter_speaks_dutch(tmp_path):
    (tmp_path / "feed.xml").write_text(LINTED, "utf-8")

    done = run("lint", "feed.xml", "--advice", cwd=tmp_path, LANG="nl_NL.UTF-8")

    assert 1 == done.returncode
    assert "`link` is “hier”. Apps slaan een waarde over die ze niet kunnen lezen." in done.stdout
    assert "hint: Voeg <description> toe aan <channel>." in done.stdout
    spoken = re.sub(r"`[^`]*`|“[^”]*”|\[[^]]*\]|<[^>]*>|^\S+ \w+:", "", done.stdout, flags=re.MULTILINE)
    assert [] == [line for line in spoken.split("\n") if ENGLISH.search(line)]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ("measure", "brief.wav"),
            "dit is een tekstbestand en geen geluidsbestand\n  hint: Kopieer het bestand opnieuw",
        ),
        (("master", "brief.wav", "uit.mp3"), "dit is een tekstbestand en geen geluidsbestand"),
        (("lint", "nergens.xml"), "nergens.xml: bestand of map bestaat niet"),
        (("preflight", "brief.pdf"), "geen pdf, of te beschadigd om te lezen"),
    ],
)
def test_unreadable_file_is_explained_in_dutch(tmp_path, command, said):
    for name in ("brief.wav", "brief.pdf"):
        (tmp_path / name).write_text("Beste Fatima, hierbij het verslag.", "utf-8")

    done = run(*command, cwd=tmp_path, LANG="nl_NL.UTF-8")

    assert 0 != done.returncode
    assert said in done.stdout + done.stderr


def test_message_survives_the_cache_and_is_text_for_other_programs():
    finding = Finding(code="x", severity="error", where="page 1", message=fill("{a} {b}", a=1, b=fill("{c}", c="d")))

    read = from_json(Finding, to_json(finding))

    assert (finding, finding.message.fields) == (read, read.message.fields)
    assert "1 d" == to_display_json(finding)["message"]


def test_braces_in_what_people_wrote_are_no_fields():
    assert "{weg}" == Message("{weg}").render(str)
    assert "`{weg}` is empty" == fill("`{key}` is empty", key="{weg}").render(str)


FAULTS = {  # what people who do not program do: a line of a file, and what the message must say in both languages
    "a tab": ("programme.yaml", "title: Proef\n\tsubtitle: x", "begins with a tab", "begint met een tab"),
    "no colon": ("programme.yaml", "title Proef", "no colon", "geen dubbele punt"),
    "a quotation mark that is not closed": ("programme.yaml", 'title: "Proef', "not closed", "niet wordt gesloten"),
    "quotation marks of Word": ("programme.yaml", "language: ”nl”", "typographic quotation mark", "krul-aanhalingsteken"),
    "an unknown key": ("programme.yaml", "samenvatting: x", "unknown key `samenvatting`", "onbekende sleutel `samenvatting`"),
    "a date in Dutch order": ("magazine/reflections/avond/tafel.md", "approved: 13-10-2026", "write 2026-10-13", "schrijf 2026-10-13"),
    "indentation": ("magazine/stories/v.md", "picture:\n  file: a.jpg\n   alt: Zaal", "indented by", "springt"),
    "a wrong language": ("programme.yaml", "language: frans", "must be a supported language", "moet een van deze talen zijn"),
    "a missing picture": ("magazine/stories/v.md", "picture: {file: weg.jpg, alt: Zaal}", "does not exist: `magazine/weg.jpg`", "niet bestaat: `magazine/weg.jpg`"),
    "a fit that does not exist": ("magazine/stories/v.md", "picture: {file: weg.jpg, alt: Zaal, fit: heel}", "must be whole or crop, not `heel`", "moet whole of crop zijn, niet `heel`"),
    "an unknown event": ("magazine/stories/v.md", "event: nergens", "has no event `nergens`", "heeft geen bijeenkomst `nergens`"),
    "an empty value": ("magazine/stories/v.md", 'title: ""', "is empty", "is leeg"),
}  # fmt: skip
ENGLISH = re.compile(r"\b(the|must|has|write|did you mean|there|this|with|and|not|are)\b")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """What is said about a programme with each fault in turn, in English and in Dutch."""
    found = {}
    for number, (name, (file, line, *_)) in enumerate(FAULTS.items()):
        root = tmp_path_factory.mktemp(f"fault{number}")
        write_programme(root)
        text = (root / file).read_text("utf-8")
        key = line.partition(":")[0].split()[0]
        kept = "\n".join(one for one in text.split("\n") if not one.startswith(key))
        head, _, body = kept.partition("---\n") if text.startswith("---") else ("", "", kept)
        (root / file).write_text(f"{head}{'---' + chr(10) if text.startswith('---') else ''}{line}\n{body}", "utf-8")
        with pytest.raises(ContentError) as raised:
            load_files(root)
        found[name] = ["\n".join(one.format(language) for one in raised.value.errors) for language in (str, translate)]
    return found


def translate(text):
    """Translate as the command line does in a Dutch terminal; here the language of the process stays English."""
    look_up = gettext.translation(DOMAIN, get_locale_folder(), languages=["nl"]).gettext
    return text.render(look_up) if isinstance(text, Message) else look_up(text)


def test_hint_about_a_misnamed_file_keeps_its_fields(tmp_path):
    write_programme(tmp_path)
    (tmp_path / "episodes/01-start").mkdir(parents=True)
    (tmp_path / "episodes/01-start/transcript.srt").write_text("1\n", "utf-8")

    with pytest.raises(ContentError) as raised:
        load_files(tmp_path)

    hint = next(one.hint for one in raised.value.errors if one.code == "misnamed")
    assert "zet het om in `transcript.vtt`: weerslag transcribe 01-start" in translate(hint)


def test_command_prints_faults_in_dutch(tmp_path):
    write_programme(tmp_path)
    (tmp_path / "magazine/stories/v.md").write_text("---\ntitel: Vooraf\n---\nTekst.\n", "utf-8")

    done = run("check", cwd=tmp_path, LANG="nl_NL.UTF-8")

    assert 3 == done.returncode
    assert "v.md:2:1: error: onbekende sleutel `titel` in het verhaal" in done.stderr
    assert "  hint: bedoelde u `title`? de sleutels zijn title, intro" in done.stderr


def write_programme(root):
    for folder in ("magazine/stories", "magazine/reflections/avond"):
        (root / folder).mkdir(parents=True)
    (root / "programme.yaml").write_text(
        "title: Proef\nlanguage: nl\norganiser: Proef\nurl: https://example.org/\nevents:\n"
        "  - {id: avond, title: Avond, starts: 2024-06-13 16:30, ends: 2024-06-13 19:00}\n",
        "utf-8",
    )
    (root / "magazine/magazine.yaml").write_text("title: Proef\nflatplan:\n  - cover\n", "utf-8")
    (root / "magazine/stories/v.md").write_text("---\ntitle: Vooraf\n---\nTekst.\n", "utf-8")
    (root / "magazine/reflections/avond/tafel.md").write_text("---\ngroup: Tafel 1\n---\nTekst.\n", "utf-8")


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_fault_is_explained_in_the_language_of_the_reader(reports, name):
    _, _, english, dutch_words = FAULTS[name]
    in_english, in_dutch = reports[name]

    assert english in in_english
    assert dutch_words in in_dutch
    explained = [
        re.sub(r"`[^`]*`|\"[^\"]*\"", "", line) for line in in_dutch.split("\n") if not re.match(r" +\d* \|", line)
    ]
    assert [] == [line for line in explained if ENGLISH.search(re.sub(r"^\S+ (error|warning): ", "", line))]
