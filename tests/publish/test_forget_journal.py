"""The journal of a forgetting, what it deletes from the cache, and the receipt."""

import hashlib

import pytest

from pipeline.audio import speech_tasks, tasks
from pipeline.cache import Cache, CacheRecord, compute_key
from pipeline.cache.descendants import (
    delete_build_memories,
    delete_descendants,
    delete_small_files,
    has_text_in_cache,
)
from pipeline.cache.maintenance import verify_cache
from pipeline.content.forgetting.names import build_name_pattern
from pipeline.content.forgetting.person import plan_person
from pipeline.content.forgetting.plan import ForgetPlan, ForgetStep
from pipeline.content.loader import read_valid_files
from pipeline.errors import GateError
from pipeline.model import sentence
from pipeline.publish import forget_run
from pipeline.publish.forget_journal import (
    apply_changes,
    extend_journal,
    read_journal,
    require_same,
    start_journal,
    write_journal,
)
from pipeline.publish.forget_receipt import ReceiptFacts, render_receipt
from pipeline.speech import tasks as recognition
from pipeline.speech.alignment import tasks as alignment
from tests.publish.conftest import read_tree
from tests.publish.forget_sample import NAME, create_programme


@pytest.fixture
def root(tmp_path):
    create_programme(tmp_path / "programma")
    return tmp_path / "programma"


def begin(root, cache):
    journal = start_journal(root, NAME, kind="person", day="2026-12-01")
    plan = plan_person(root, read_valid_files(root), NAME, treatment="bleep", cache_folder=cache.folder)
    return write_journal(cache, extend_journal(journal, plan, recordings=("00ff",)))


class StopError(Exception):
    """The process is killed here."""


def test_changes_that_stop_at_any_step_are_finished_by_the_journal(root, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
    before, cache = read_tree(root), Cache(tmp_path / "cache")
    apply_changes(root, begin(root, cache))
    expected, steps = read_tree(root), 0
    while True:
        for path in {*read_tree(root)} - {*before}:
            (root / path).unlink()
        for path, content in before.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        calls = 0

        def stop(name, original, limit=steps):
            def call(*args, **options):
                nonlocal calls
                calls += 1
                if calls > limit:
                    raise StopError(name)
                return original(*args, **options)

            return call

        with monkeypatch.context() as patch:
            for name in ("replace", "unlink", "rename"):
                patch.setattr(f"pathlib.Path.{name}", stop(name, getattr(type(root), name)))
            try:
                apply_changes(root, read_journal(cache))
                over = True
            except StopError:
                over = False
        apply_changes(root, read_journal(cache))
        assert expected == read_tree(root), steps
        if over:
            break
        steps += 1
    assert steps > 12


def test_a_file_that_was_edited_meanwhile_is_not_overwritten(root, tmp_path):
    journal = begin(root, Cache(tmp_path / "cache"))
    (root / "magazine/magazine.yaml").write_text("title: Anders\n")

    apply_changes(root, journal)

    assert "title: Anders\n" == (root / "magazine/magazine.yaml").read_text()


def test_the_journal_recognises_the_name_and_does_not_have_it(root, tmp_path):
    cache = Cache(tmp_path / "cache")
    journal = begin(root, cache)
    only_names = write_journal(Cache(tmp_path / "other"), start_journal(root, NAME, kind="person", day="2026-12-01"))

    assert journal == read_journal(cache)
    assert "drachten" not in (tmp_path / "other/forgetting.json").read_text().lower()
    require_same(only_names, "zoë  VAN drachten")
    with pytest.raises(GateError, match="was interrupted"):
        require_same(only_names, "Bas Kok")


def test_receipts_of_one_day_are_numbered(root):
    first = start_journal(root, NAME, kind="person", day="2026-12-01").receipt
    (root / first).parent.mkdir()
    (root / first).touch()

    assert "forgotten/2026-12-01-2.md" == start_journal(root, NAME, kind="person", day="2026-12-01").receipt


def add(cache, task, *inputs, text="", result=None):
    """Add a record with one output; return its key and the digest of that."""
    file = cache.folder / "output"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(f"{task} {inputs} {text}".encode())
    blob = cache.put_object(file)
    parts = {"task": task, "inputs": {f"{n}": one for n, one in enumerate(inputs)}, "settings": {"title": text}}
    key = compute_key(parts)
    cache.add_record(key, CacheRecord(parts=parts, outputs={"out": blob}, result=result))
    return key, blob.sha256


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / ".weerslag")


def find_objects(cache):
    return {path.parent.name + path.name for path in (cache.folder / "objects").rglob("*") if path.is_file()}


def test_what_descends_from_a_recording_goes_and_the_rest_stays(cache):
    ours, theirs = (hashlib.sha256(word).hexdigest() for word in (b"ours", b"theirs"))
    _, mix = add(cache, "MixTracksTask", ours)
    _, master = add(cache, "MasterTask", mix)
    add(cache, "EncodeTask", master)
    kept, other = add(cache, "MasterTask", theirs)
    named, _ = add(cache, "EncodeTask", other, text="met Anna de Vries")
    page, _ = add(cache, "RenderPdfTask", theirs)
    pattern = build_name_pattern("Anna de Vries")
    assert has_text_in_cache(cache, pattern.has_name)

    options = {"has_text": pattern.has_name, "is_kept": {"MasterTask", "EncodeTask", "MixTracksTask"}.__contains__}
    count = delete_descendants(cache, [ours], **options)

    assert 10 == count  # five records and five objects
    assert cache.find_record(kept) is not None
    assert [None, None] == [cache.find_record(key) for key in (named, page)]
    assert {other} == find_objects(cache)
    assert 0 == delete_descendants(cache, [ours], **options)
    assert () == verify_cache(cache)
    assert not has_text_in_cache(cache, pattern.has_name)


def test_lineage_ends_where_the_voice_was_removed(cache):
    recording = hashlib.sha256(b"x").hexdigest()
    _, mix = add(cache, "MixTracksTask", recording)
    master, sound = add(cache, "MasterTask", mix)
    add(cache, "EncodeTask", sound)

    delete_descendants(
        cache, [recording], has_text=lambda _: False, is_kept=lambda _: True, has_voice={"MixTracksTask"}.__contains__
    )

    assert mix not in find_objects(cache)
    assert cache.find_record(master) is not None
    assert 2 == len(find_objects(cache))


def test_small_files_with_the_name_and_the_preview_go(cache):
    for path, text in {
        "memo.json": "anna-de-vries",
        "publishing/x.json": "Bas",
        "preview/index.html": "Anna de Vries",
    }.items():
        (cache.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (cache.folder / path).write_text(text)
    cache.record_build({"a": "b"}, [])

    delete_build_memories(cache)
    delete_small_files(cache, build_name_pattern("Anna de Vries").has_name)

    assert ["x.json"] == [path.name for path in cache.folder.rglob("*") if path.is_file()]


def test_every_named_task_exists():
    modules = (tasks, speech_tasks, recognition, alignment)
    names = {name for module in modules for name in vars(module)}

    assert set() == (forget_run._AUDIO_TASKS | forget_run._VOICE_TASKS) - names


@pytest.mark.parametrize(("language", "words"), [("nl", "Een persoon is verwijderd"), ("en", "A person was removed")])
def test_a_receipt_says_what_is_left_and_has_no_name(root, language, words):
    plan = ForgetPlan(steps=(ForgetStep(where="brief-anna-de-vries.md:3", what=sentence("the quote is removed")),))
    journal = extend_journal(start_journal(root, "Anna de Vries", kind="person", day="2026-12-01"), plan, recordings=())

    facts = ReceiptFacts(
        backups=["/mnt/usb"],
        at_targets=["/srv/www/anna-de-vries.pdf"],
        store="s3://cache",
        has_git=True,
        has_magazine=True,
        has_participants=True,
    )

    receipt = render_receipt(journal, facts, language=language, mask=build_name_pattern("Anna de Vries").hide)

    assert words in receipt
    assert "`brief-….md:3`" in receipt
    assert "/srv/www/….pdf" in receipt
    assert "/mnt/usb" in receipt
    assert "s3://cache" in receipt
    assert "vries" not in receipt.lower()
