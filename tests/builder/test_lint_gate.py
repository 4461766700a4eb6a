"""A build reads its own feed back: an error stops it before anything is replaced, a warning is a step."""

from dataclasses import replace

import pytest
from tests.build.conftest import NOW

from pipeline.builder import Talk, bring_up_to_date
from pipeline.cache import Store
from pipeline.cli.lint import lint
from pipeline.content import load_programme
from pipeline.errors import GateError
from pipeline.executors import open_workers


def build(root, programme):
    store = Store(root / ".weerslag")
    with store.locked(holder="a test", wait=True, waiting=print), open_workers("here") as pool:
        return bring_up_to_date(
            programme, root=root, store=store, pool=pool, now=NOW, talk=Talk(step=lambda _: None), targets=("feed",)
        )


def test_an_error_in_our_own_feed_stops_the_build_and_leaves_public_as_it_was(programme_root):
    before = (programme_root / "public/feed.xml").read_bytes()
    programme = load_programme(programme_root)
    bad = replace(programme, podcast=replace(programme.podcast, type="weekly"))  # content would have refused it

    with pytest.raises(GateError, match="the feed would break a rule: `itunes:type` is “weekly”") as caught:
        build(programme_root, bad)

    assert (4, "It must be `episodic` or `serial`.") == (caught.value.exit_code, caught.value.hint)
    assert caught.value.where.startswith("feed.xml:")
    assert before == (programme_root / "public/feed.xml").read_bytes()


def test_a_warning_on_our_own_feed_is_a_step(programme_root):
    programme = replace(load_programme(programme_root), url="http://example.org/proef/")

    built = build(programme_root, programme)

    warned = [step for step in built.steps if step.kind == "warned"]
    assert warned
    assert all(step.subject.startswith("feed.xml:") and "is not encrypted" in step.detail for step in warned)


def test_what_a_build_makes_passes_lint_with_all_the_files_it_names(programme_root, capsys):
    with pytest.raises(SystemExit) as left:
        lint.main([str(programme_root / "public/feed.xml"), "--media", "--json"])

    assert (0, "[]\n") == (left.value.code, capsys.readouterr().out)
