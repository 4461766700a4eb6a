"""The files that an import writes are valid, and say what the feed said: read back as every command reads them."""

from datetime import UTC, datetime

import pytest

from pipeline.content import load_programme
from pipeline.errors import ContentError
from pipeline.podcast_import.feed_parser import parse_source_feed
from pipeline.podcast_import.import_plan import plan_import
from pipeline.podcast_import.programme_files import (
    ImportedEpisode,
    choose_time_zone,
    render_episode,
    render_programme,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
TITLES = (
    "yes",
    "“Vrijheid”: een #gesprek, {met} [haken]",
    "12:30",
    "null",
    "- streep",
    "C'est ça & meer",
    "𝔉 &amp;amp; x",
)


def write(folder, *, dates, head="<title>Titel</title>", titles=("Een",)):
    items = "".join(
        f"<item><title>{title.replace('&', '&amp;')}</title><guid isPermaLink='false'>g{number}</guid><pubDate>{date}</pubDate>"
        f"<enclosure url='https://h.example/{number}.mp3' length='9' type='audio/mpeg'/></item>"
        for number, (title, date) in enumerate(zip(titles, dates, strict=True))
    )
    feed = parse_source_feed(f"{HEAD}{head}{items}</channel></rss>".encode(), address="https://h.example/feed.xml")
    plan, remarks = plan_import(feed, now=NOW), []
    programme = render_programme(
        plan, url="https://example.org/x/", guid="0f4a7b9c-6a2d-5c3e-8b1f-2d3c4b5a6978", cover="", remarks=remarks
    )
    (folder / "programme.yaml").write_text(programme)
    for planned in plan.episodes:
        one = ImportedEpisode(planned=planned, audio="a.mp3", size_bytes=9, sha256="0" * 64)
        file = folder / f"episodes/{planned.slug}/episode.md"
        file.parent.mkdir(parents=True)
        file.write_text(render_episode(one, zone=choose_time_zone(plan)))
    return load_programme(folder), [str(one.message) for one in remarks]


@pytest.mark.parametrize(
    "date", ["Sun, 27 Oct 2024 00:30:15 GMT", "Sun, 27 Oct 2024 01:30:15 GMT", "Sun, 31 Mar 2024 01:00:00 GMT"]
)
def test_a_date_stays_exact_also_in_the_hours_around_summer_time(date, tmp_path):
    programme, _ = write(tmp_path, dates=[date])

    (episode,) = programme.episodes
    assert datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC) == episode.published


def test_titles_with_any_characters_stay_as_they_are(tmp_path):
    dates = [f"Mon, 06 May 2024 07:00:0{number} GMT" for number in range(len(TITLES))]

    programme, _ = write(tmp_path, dates=dates, titles=TITLES)

    assert [title.replace("&amp;amp;", "&amp;amp;") for title in TITLES] == [
        one.title for one in sorted(programme.episodes, key=lambda one: one.published)
    ]


@pytest.mark.parametrize(
    ("category", "expected", "remarks"),
    [
        ("<itunes:category text='News'><itunes:category text='Politics'/></itunes:category>", ("News", "Politics"), 0),
        ("<itunes:category text='society &amp; culture'/>", ("Society & Culture",), 0),
        ("<itunes:category text='News &amp; Politics'/>", ("Government",), 1),  # a category of before 2019
        ("", ("Government",), 1),
    ],
)
def test_a_category_is_one_of_today(category, expected, remarks, tmp_path):
    head = f"<title>Titel</title><language>nl-BE</language>{category}"

    programme, said = write(tmp_path, dates=["Mon, 06 May 2024 07:00:00 GMT"], head=head)

    assert (expected, remarks, "nl") == (programme.podcast.category, len(said), programme.language)


def test_seconds_of_a_date_are_optional_and_checked(tmp_path):
    write(tmp_path, dates=["Mon, 06 May 2024 07:08:09 GMT"])
    (file,) = tmp_path.glob("episodes/*/episode.md")
    file.write_text(file.read_text().replace("09:08:09", "09:08"))
    (episode,) = load_programme(tmp_path).episodes
    file.write_text(file.read_text().replace("09:08", "09:08:61"))

    assert 0 == episode.published.second
    with pytest.raises(ContentError) as caught:
        load_programme(tmp_path)
    assert ["wrong-value"] == [error.code for error in caught.value.errors]
