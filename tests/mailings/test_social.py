"""Posts for social media: within the limits of each network, with words of the programme only."""

import re
from dataclasses import replace
from datetime import date

import pytest

from pipeline.content import load_programme
from pipeline.mailings.social import NETWORKS, SocialContext, SocialNetwork, SocialPost
from pipeline.model import Quote, Reflection, Teaser
from tests.mailings.newsletter_programme import PROGRAMME, write_programme
from tests.site import sample

BLUESKY = next(one for one in NETWORKS if one.name == "Bluesky")
X = next(one for one in NETWORKS if one.name == "X")
REFLECTION = Reflection(
    slug="tafel-1",
    event="tweede",
    group="Tafel 1",
    approved=date(2024, 7, 1),
    quotes=(Quote(text="Wij beginnen.", by="deelnemer"),),
)


@pytest.fixture(scope="module", name="programme")
def _programme(tmp_path_factory):
    tagged = PROGRAMME.replace("events:", "hashtags: [DoenWatKan]\nevents:", 1)
    programme = load_programme(write_programme(tmp_path_factory.mktemp("social"), programme=tagged))
    return replace(programme, reflections=(REFLECTION,))


def render(programme, releases=()):
    context = SocialContext(
        programme=programme.select_public(),
        releases=releases,
        pictures={"magazine/images/tafel.png": "pictures/tafel.png"},
        social_images={"events/tweede/": "share/event-tweede.png"},
    )
    return {one.path: one.content.decode() for one in context.render_posts()}


def split_posts(text):
    """Return the post of each network by its name, with the count in its heading."""
    found = re.split(r"(?m)^(\w+) \((\d+) van (\d+) tekens\)\n-+\n", text)[1:]
    return {
        found[at]: (found[at + 3].strip(), int(found[at + 1]), int(found[at + 2])) for at in range(0, len(found), 4)
    }


def build_release(programme):
    (episode,) = programme.episodes
    teasers = (Teaser(from_ms=12_000, to_ms=40_000, title="Over de stoep"),)
    return replace(sample.release(1), episode=episode, teasers=teasers)


def test_each_public_item_has_a_file(programme):
    files = render(programme, [build_release(programme)])

    expected = ["story-opname", "episode-01-begint", "teaser-01-begint-1", "event-eerste", "event-tweede"]
    assert [f"press/social/{name}.txt" for name in expected] == list(files)
    assert "Besloten" not in "".join(files.values())


def test_episode_that_is_not_published_has_no_file(programme):
    assert [] == [path for path in render(programme) if "episode" in path or "teaser" in path]


def test_post_has_facts_quote_address_and_chosen_hashtags(programme):
    text = render(programme)["press/social/event-tweede.txt"]
    post, count, limit = split_posts(text)["Mastodon"]

    assert post.split("\n\n") == [
        "De tweede dag",
        "donderdag 19 september 2024, 16.30–19.00 uur, EMMA, Den Haag, online",
        "Over wat er daarna kwam.",
        "“Wij beginnen.” (deelnemer, Tafel 1)",
        "https://example.org/doen/events/tweede/",
        "#DoenWatKan",
    ]
    assert (len(post) - len("https://example.org/doen/events/tweede/") + 23, 500) == (count, limit)
    assert "Beeld: public/share/event-tweede.png\nTekstalternatief: “De tweede dag”\n" in text


def test_story_shows_its_own_picture(programme):
    text = render(programme)["press/social/story-opname.txt"]

    assert "Beeld: public/pictures/tafel.png\nTekstalternatief: Een tafel.\n" in text


def test_teaser_leads_to_its_moment_and_names_its_sound(programme):
    text = render(programme, [build_release(programme)])["press/social/teaser-01-begint-1.txt"]

    assert "https://example.org/doen/episodes/01-begint/#t=12" in split_posts(text)["X"][0]
    assert "Bestand: press/teasers/01-begint-1.mp3" in text


@pytest.mark.parametrize("network", NETWORKS, ids=lambda one: one.name)
@pytest.mark.parametrize("sentences", [0, 1, 4, 30])
def test_long_text_is_shortened_by_whole_sentences(network, sentences):
    sentence = "Dit is één zin — van een gesprek dat nog lang niet voorbij is."
    post = SocialPost(
        kind="story",
        slug="x",
        title="T" * 120,
        address=f"https://example.org/{'a' * 40}/",
        text=" ".join([sentence] * sentences),
        quote="“Een citaat.” (deelnemer)",
    )

    text = post.compose(network, ["EenTag"])

    assert network.count(text) <= network.limit
    assert post.address in text
    rest = text.replace(post.title, "").replace(post.address, "").replace(post.quote, "").replace("#EenTag", "")
    assert "" == rest.replace(sentence, "").strip()


@pytest.mark.parametrize(
    ("network", "text", "count"),
    [
        (X, "café", 4),
        (X, "cafe\u0301", 4),  # composed first
        (X, "日本 👍", 7),
        (X, "“zie” https://example.org/een/heel/lang/adres", 29),
        (BLUESKY, "zie https://example.org/a", 25),
        (SocialNetwork(name="x", limit=500, url_length=23), "https://a.nl/ https://b.nl/", 47),
    ],
)
def test_characters_are_counted_as_the_network_does(network, text, count):
    assert count == network.count(text)
