"""A build lints its own feed: an error stops it before anything is replaced, a warning is a step."""

from dataclasses import replace

import pytest

from pipeline.builder.build import run_build
from pipeline.builder.task_runner import Reporter
from pipeline.cache import Cache
from pipeline.cli.lint import lint
from pipeline.content import load_programme
from pipeline.errors import GateError
from pipeline.executors import open_executor
from tests.builder.conftest import NOW


def build(root, programme):
    cache = Cache(root / ".weerslag")
    with cache.lock(holder="a test", wait=True, waiting=print), open_executor("local") as pool:
        return run_build(
            programme,
            root=root,
            cache=cache,
            executor=pool,
            now=NOW,
            reporter=Reporter(step=lambda _: None),
            targets=("feed",),
        )


def test_an_error_in_the_feed_stops_the_build_and_leaves_public_unchanged(programme_root):
    before = (programme_root / "public/feed.xml").read_bytes()
    programme = load_programme(programme_root)
    bad = replace(programme, podcast=replace(programme.podcast, type="weekly"))  # content would have refused it

    with pytest.raises(GateError, match="the feed breaks a rule: `itunes:type` is “weekly”") as caught:
        build(programme_root, bad)

    assert (4, "It must be `episodic` or `serial`.") == (caught.value.exit_code, caught.value.hint)
    assert caught.value.where.startswith("feed.xml:")
    assert before == (programme_root / "public/feed.xml").read_bytes()


def test_a_warning_about_the_feed_is_a_step(programme_root):
    programme = replace(load_programme(programme_root), url="http://example.org/proef/")

    built = build(programme_root, programme)

    warned = [step for step in built.steps if step.kind == "warned"]
    assert warned
    assert all(step.subject.startswith("feed.xml:") and "is not encrypted" in step.detail for step in warned)


def test_a_built_feed_passes_lint_with_its_media(programme_root, capsys):
    with pytest.raises(SystemExit) as left:
        lint.main([str(programme_root / "public/feed.xml"), "--media", "--json"])

    assert (0, "[]\n") == (left.value.code, capsys.readouterr().out)
