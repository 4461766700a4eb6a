"""The gate `address-gone`: a published page does not disappear without a word."""

import pytest

from pipeline.cache import TreeFile


def publish_with(podcast, *paths, **options):
    """Build, add pages to ``public/`` as the site does, and plan."""
    podcast.build()
    public = podcast.cache.get_output_tree(podcast.root / "public")
    files = {
        path.relative_to(podcast.root / "public").as_posix(): TreeFile(target="site", content=path.read_bytes())
        for path in (podcast.root / "public").rglob("*")
        if path.is_file()
    }
    files |= {path: TreeFile(target="site", content=path.encode()) for path in paths}
    public.stage(files)
    public.swap(files)
    return podcast.prepare(**options)


def run(podcast, plan):
    from tests.publish.test_upload import upload

    upload(podcast, plan)


def test_a_renamed_episode_blocks_until_its_old_page_forwards(podcast):
    podcast.publish()
    podcast.put(2, slug="02-andere-map")

    assert ["address-gone"] == podcast.find_blocking_codes()
    (finding,) = podcast.prepare().blocking
    assert "weerslag rename episodes/02-aflevering NEW" in finding.hint

    plan = publish_with(podcast, "episodes/02-aflevering/index.html")  # the page that forwards
    assert () == plan.blocking
    run(podcast, plan)
    assert b"episodes/02-andere-map/" in (podcast.served / "feed.xml").read_bytes()
    assert 3 == len(podcast.log.entries[-1].episodes)  # the same guid, nobody gets it twice


@pytest.mark.parametrize(
    "page",
    ["events/een/index.html", "cases/een/stoep/index.html", "stories/vooraf/index.html", "newsletters/1/index.html"],
)
def test_every_page_of_an_item_is_guarded(podcast, page):
    run(podcast, publish_with(podcast, page))
    plan = publish_with(podcast)

    assert [("address-gone", page)] == [(one.code, one.where) for one in plan.blocking]
    assert () == publish_with(podcast, accept=("address-gone",), reason="het verhaal klopte niet").blocking


@pytest.mark.parametrize("edition", ["magazine/magazine.pdf", "magazine/magazine.epub"])
def test_the_edition_to_which_printed_codes_lead_is_guarded(podcast, edition):
    run(podcast, publish_with(podcast, edition))

    assert [("address-gone", edition)] == [(one.code, one.where) for one in publish_with(podcast).blocking]
    assert () == publish_with(podcast, edition, "magazine/event-een/index.html").blocking


def test_another_file_may_go(podcast):
    run(podcast, publish_with(podcast, "magazine/een/index.html", "assets/oud.css"))

    assert () == publish_with(podcast).blocking


def test_a_withdrawn_episode_is_not_reported_twice(podcast):
    podcast.publish()
    del podcast.episodes[2]
    podcast.build()

    assert () == podcast.prepare(withdraw=("guid-2",)).blocking
