"""The gate `address-gone`: a published page does not disappear without a word."""

from types import MappingProxyType

import pytest

from pipeline.cache import TreeFile
from pipeline.typesetting import render_template
from tests.site import sample


def publish_with(podcast, *paths, pages=MappingProxyType({}), **options):
    """Build, add pages to ``public/`` as the site does, and plan; ``pages`` have content, by path."""
    podcast.build()
    public = podcast.cache.get_output_tree(podcast.root / "public")
    files = {
        path.relative_to(podcast.root / "public").as_posix(): TreeFile(target="site", content=path.read_bytes())
        for path in (podcast.root / "public").rglob("*")
        if path.is_file()
    }
    files |= {path: TreeFile(target="site", content=path.encode()) for path in paths}
    files |= {path: TreeFile(target="site", content=text.encode()) for path, text in pages.items()}
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


@pytest.mark.parametrize("article", ["event-een", "story-vooraf"])
def test_an_article_of_the_magazine_is_guarded_as_long_as_there_is_a_magazine(podcast, article):
    contents, page = "magazine/index.html", f"magazine/{article}/index.html"
    run(podcast, publish_with(podcast, contents, page))

    assert [("address-gone", page)] == [(one.code, one.where) for one in publish_with(podcast, contents).blocking]
    assert () == publish_with(podcast).blocking  # its editions are guarded, and report that


def test_an_item_that_goes_with_its_article_is_reported_once(podcast):
    pages = ("events/een/index.html", "magazine/event-een/index.html")
    run(podcast, publish_with(podcast, "magazine/index.html", *pages))

    assert ["events/een/index.html"] == [one.where for one in publish_with(podcast, "magazine/index.html").blocking]


def test_the_page_about_subscribing_whose_qr_code_is_printed_is_guarded(podcast):
    run(podcast, publish_with(podcast, "volgen/index.html"))

    assert ["volgen/index.html"] == [one.where for one in publish_with(podcast, "follow/index.html").blocking]


@pytest.mark.parametrize(
    ("path", "old", "new", "gone"),
    [
        (
            "magazine/event-een/index.html",
            ["reflection-een-tafel-1", "reflection-een-tafel-2"],
            ["reflection-een-tafel-2"],
            ["reflection-een-tafel-1"],
        ),
        ("magazine/event-een/index.html", ["reflection-een-tafel-1"], ["reflection-een-tafel-1", "anders"], []),
        ("events/een/index.html", ["reflections", "main"], ["main"], ["reflections"]),
        ("episodes/01-aflevering/index.html", ["reflections"], [], ["reflections"]),
        ("events/een/index.html", ["reflections", "anders"], ["reflections"], []),
    ],
)
def test_a_place_in_a_page_to_which_others_link_does_not_go_without_a_word(podcast, path, old, new, gone):
    def write(anchors):
        return {path: "".join(f'<section id="{one}">Tekst.</section>' for one in anchors)}

    run(podcast, publish_with(podcast, pages=write(old)))
    plan = publish_with(podcast, pages=write(new))

    assert () == plan.blocking
    found = [(one.severity, one.where) for one in plan.findings if one.code == "anchor-gone"]
    assert [("warning", f"{path}#{anchor}") for anchor in gone] == found


def test_a_page_that_forwards_keeps_its_places(podcast):
    page = "magazine/event-een/index.html"
    run(podcast, publish_with(podcast, pages={page: '<section id="reflection-een-tafel-1">Tekst.</section>'}))
    redirect = render_template(
        "redirect.html",
        theme=sample.THEME,
        programme=sample.programme(),
        to="../event-nieuw/index.html",
        address="https://example.org/magazine/event-nieuw/",
        script="../../assets/redirect.js",
        old_prefix="#reflection-een-",
        new_prefix="#reflection-nieuw-",
    )

    assert [] == [one for one in publish_with(podcast, pages={page: redirect}).findings if one.code == "anchor-gone"]


def test_another_file_may_go(podcast):
    run(podcast, publish_with(podcast, "magazine/een/index.html", "assets/oud.css"))

    assert () == publish_with(podcast).blocking


def test_a_withdrawn_episode_is_not_reported_twice(podcast):
    podcast.publish()
    del podcast.episodes[2]
    podcast.build()

    assert () == podcast.prepare(withdraw=("guid-2",)).blocking
