"""Feeds and files of podcasts at five hosts of different make, generated after the habits of well-known ones.

Each host is served under its own path of one loopback server. The sound is real Dutch speech of a Debian package.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from mutagen import id3
from PIL import Image, ImageDraw

SPEECH = sorted(Path("/usr/share/games/fillets-ng/sound").glob("*/nl/*.ogg"))
NAMESPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:psc="http://podlove.org/simple-chapters" xmlns:acast="https://schema.acast.com/1.0/"'
)


def make_speech(out, *, first, lines=3, options=(), chapters=()):
    """Encode some lines of speech; the format follows from the name."""
    listing, metadata = out.with_suffix(".txt"), out.with_suffix(".chapters")
    listing.write_text("".join(f"file '{file}'\n" for file in SPEECH[first : first + lines]))
    head = "".join(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={at}\nEND={at + 900}\ntitle={title}\n" for at, title in chapters)
    metadata.write_text(f";FFMETADATA1\n{head}")
    command = ["ffmpeg", "-y", "-v", "error", "-f", "concat", "-safe", "0", "-i", str(listing), "-i", str(metadata)]
    subprocess.run(
        [*command, "-map", "0:a", "-map_metadata", "1", "-ar", "44100", "-ac", "1", "-b:a", "64k", *options, str(out)],
        check=True,
        timeout=60,
    )
    listing.unlink()
    metadata.unlink()
    return out.read_bytes()


def add_chapter_picture(file, start_ms, picture):
    """Put a picture in the CHAP frame of a chapter, as editors of MP3 files do."""
    tags = id3.ID3(file)
    (frame,) = (one for one in tags.getall("CHAP") if one.start_time == start_ms)
    frame.sub_frames.add(id3.APIC(encoding=0, mime="image/jpeg", type=0, desc="", data=picture.read_bytes()))
    tags.save(v2_version=3)
    return file.read_bytes()


def draw_cover(out, colour, *, size=1400):
    image = Image.new("RGB", (size, size), colour)
    ImageDraw.Draw(image).ellipse((size // 7, size // 7, size - size // 7, size - size // 7), fill="white")
    image.save(out)


@dataclass
class OldHost:
    """A podcast at a host: its files are in ``folder``, served under ``/name/``."""

    name: str
    folder: Path
    base: str  # of the server
    feed_path: str
    sounds: dict = field(default_factory=dict)  # by title, of each episode that apps show
    rules: str = ""  # of nginx: redirects of this host
    posts: tuple = ()  # guids of items without sound, which gPodder lists too
    pictures: dict = field(default_factory=dict)  # colours of the pictures of chapters, by the title of these

    @property
    def home(self):
        return f"{self.base}{self.name}/"

    @property
    def feed(self):
        return f"{self.base}{self.name}/{self.feed_path}"

    def write(self, path, content):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def speak(self, title, path, **options):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        self.sounds[title] = make_speech(file, **options)
        return len(self.sounds[title])

    def digests(self):
        return {title: hashlib.sha256(content).hexdigest() for title, content in self.sounds.items()}

    def channel(self, title, inside, items, *, link="https://www.example.nl/podcast", language="nl"):
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {NAMESPACES}><channel><title>{title}</title>'
            f"<link>{link}</link><language>{language}</language>{inside}{''.join(items)}</channel></rss>"
        )


def generate_spotify(folder, base):
    """Spotify for Creators, once Anchor: guids are UUIDs, media behind a play address, all text in CDATA, seasons."""
    host = OldHost("spotify", folder, base, "s/5a1b2c3d/podcast/rss")
    draw_cover(folder / "show.jpg", "#1d4477")
    draw_cover(folder / "gast.jpg", "#773311")
    episodes = (
        ("Trailer", "3b0a7a34-3d55-4c6b-9a5c-1f6c5c2b7a01", "Mon, 03 Jun 2024 04:00:17 GMT", "trailer", 0, 1),
        ("Wie begint er?", "0c1f8d1e-77a5-4b1e-8f0e-8c7a1f0d2b02", "Wed, 05 Jun 2024 04:00:00 GMT", "full", 1, 1),
        ("Wie gaat er door?", "9f3a2d4c-1b2e-4a90-9d7e-3a2b1c0d4e03", "Wed, 12 Jun 2024 04:00:59 GMT", "full", 1, 2),
    )
    items = []
    for number, (title, guid, date, kind, episode, season) in enumerate(episodes):
        size = host.speak(title, f"staging/{number}.mp3", first=10 * number)
        play = f"{host.home}s/5a1b2c3d/podcast/play/{number}/{host.home.replace(':', '%3A').replace('/', '%2F')}{number}.mp3"
        picture = "gast.jpg" if number == 2 else "show.jpg"
        items.append(
            f"<item><title><![CDATA[{title}]]></title><description><![CDATA[<p>Een gesprek over <strong>vertrouwen</strong> &amp; "
            f'tijd.</p><ul><li>eerst <a href="https://www.example.nl/een?a=1&amp;b=2">dit</a></li><li>dan dat</li></ul>]]>'
            f'</description><link>https://podcasters.example.com/pod/show/x/episodes/{number}</link><guid isPermaLink="false">'
            f"{guid}</guid><dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'><![CDATA[Redactie]]></dc:creator>"
            f'<pubDate>{date}</pubDate><enclosure url="{play}" length="{size}" type="audio/mpeg"/><itunes:summary>'
            f"&lt;p&gt;Een gesprek over vertrouwen &amp;amp; tijd.&lt;/p&gt;</itunes:summary><itunes:explicit>No</itunes:explicit>"
            f'<itunes:duration>00:00:08</itunes:duration><itunes:image href="{host.home}{picture}"/>'
            + (f"<itunes:episode>{episode}</itunes:episode>" if episode else "")
            + f"<itunes:season>{season}</itunes:season><itunes:episodeType>{kind}</itunes:episodeType></item>"
        )
    inside = (
        "<description><![CDATA[Gesprekken van de redactie]]></description><itunes:author>Redactie</itunes:author>"
        "<itunes:owner><itunes:name>Redactie</itunes:name><itunes:email>redactie@example.nl</itunes:email></itunes:owner>"
        f'<itunes:explicit>No</itunes:explicit><itunes:category text="Government"/><itunes:image href="{host.home}show.jpg"/>'
        f'<atom:link href="{host.feed}" rel="self" type="application/rss+xml"/>'
    )
    host.write(host.feed_path, host.channel("<![CDATA[Om de tafel]]>", inside, reversed(items)))
    host.rules = (
        "location ~ ^/spotify/s/5a1b2c3d/podcast/play/(?<play>[0-9]+)/ { return 302 /spotify/staging/$play.mp3; }\n"
    )
    return host


def generate_buzzsprout(folder, base):
    """Buzzsprout: a word and a number as guid, chapters as JSON and inside the feed, transcripts in every type."""
    host = OldHost("buzzsprout", folder, base, "1234567.rss")
    draw_cover(folder / "artwork.png", "#557722")
    draw_cover(folder / "deel.png", "#3355aa", size=500)
    host.pictures = {"Deel 0": "#3355aa"}
    items = []
    for number in (1, 2, 3):
        title = f"Raad en daad {number}"
        size = host.speak(title, f"1234567/episodes/{number}-raad.mp3", first=40 + 5 * number, lines=4)
        path = f"1234567/{number}"
        chapters = {"version": "1.2.0", "chapters": [{"startTime": at, "title": f"Deel {at}"} for at in (0, 1.5, 3)]}
        chapters["chapters"].insert(
            2, {"startTime": 2, "title": "Alleen een plaatje", "toc": False, "img": "../../x.png"}
        )
        chapters["chapters"][0]["img"] = "../../deel.png"
        chapters["chapters"][1]["img"] = f"{host.home}verdwenen.png"
        host.write(f"{path}/chapters.json", json.dumps(chapters))
        host.write(
            f"{path}/transcript.srt",
            "1\n00:00:00,000 --> 00:00:01,500\nAnna: Goedemorgen.\n\n2\n00:00:01,500 --> 00:00:03,000\nBram: Dag.\n",
        )
        host.write(
            f"{path}/transcript.vtt",
            "WEBVTT\n\n00:00.000 --> 00:01.500\n<v Anna>Goedemorgen.\n\n00:01.500 --> 00:03.000\n<v Bram>Dag.\n",
        )
        cue = {"speaker": "Anna", "startTime": 0.0, "endTime": 1.5, "body": "Goedemorgen."}
        host.write(
            f"{path}/transcript.json",
            json.dumps({"version": "1.0.0", "segments": [cue, {**cue, "startTime": 1.5, "endTime": 3.0}]}),
        )
        host.write(
            f"{path}/transcript.html",
            "<cite>Anna:</cite>\n<time>0:00</time>\n<p>Goedemorgen.</p>\n<cite>Bram:</cite>\n<time>0:01</time>\n<p>Dag.</p>\n",
        )
        kinds = {1: ("html", "text/html"), 2: ("srt", "application/x-subrip"), 3: ("vtt", "text/vtt")}[number]
        transcripts = [kinds, ("json", "application/json")] if number == 3 else [kinds]
        items.append(
            f"<item><itunes:title>{title}</itunes:title><title>{title}</title><itunes:summary><![CDATA[<p>Over de <em>raad</em>.</p>]]>"
            "</itunes:summary><description><![CDATA[<p>Over de <em>raad</em>.</p>]]></description><content:encoded><![CDATA[<p>Over de "
            "<em>raad</em>.</p><p>Meer op <a href='https://www.example.nl/raad'>de site</a>.</p>]]></content:encoded>"
            f'<itunes:author>Gemeente</itunes:author><enclosure url="{host.home}1234567/episodes/{number}-raad.mp3" '
            f'length="{size}" type="audio/mpeg" /><guid isPermaLink="false">Buzzsprout-{9870 + number}</guid>'
            f"<pubDate>Tue, {10 + number} Sep 2024 0{number}:00:00 +0200</pubDate>"
            f'<podcast:chapters url="{host.home}{path}/chapters.json" type="application/json" /><psc:chapters><psc:chapter '
            f'start="0:00" title="Uit de feed" /></psc:chapters>'
            + "".join(
                f'<podcast:transcript url="{host.home}{path}/transcript.{ending}" type="{media_type}" />'
                for ending, media_type in transcripts
            )
            + f"<itunes:duration>9</itunes:duration><itunes:keywords></itunes:keywords><itunes:season>1</itunes:season>"
            f"<itunes:episode>{number}</itunes:episode><itunes:episodeType>full</itunes:episodeType>"
            '<itunes:explicit>false</itunes:explicit><podcast:person role="host">Anna de Vries</podcast:person></item>'
        )
    inside = (
        f'<atom:link href="{host.feed}" rel="self" type="application/rss+xml" /><atom:link rel="hub" '
        'href="https://pubsubhubbub.example.com/" xmlns="http://www.w3.org/2005/Atom" /><podcast:locked>yes</podcast:locked>'
        "<podcast:guid>0f4a7b9c-6a2d-5c3e-8b1f-2d3c4b5a6978</podcast:guid><itunes:author>Gemeente</itunes:author>"
        "<itunes:type>serial</itunes:type><itunes:explicit>false</itunes:explicit><description><![CDATA[<p>Alles over de raad.</p>]]>"
        f'</description><itunes:image href="{host.home}artwork.png" /><itunes:category text="Government" /><podcast:funding '
        'url="https://www.example.nl/steun">Steun ons</podcast:funding>'
    )
    host.write(host.feed_path, host.channel("Raad en daad", inside, reversed(items)))
    return host


def generate_wordpress(folder, base):
    """WordPress with PowerPress or Podlove: paged, measured downloads, posts without sound, no lengths, an old encoding."""
    host = OldHost("wordpress", folder, base, "feed/podcast.xml")
    draw_cover(folder / "cover.jpg", "#224466")
    draw_cover(folder / "klein.jpg", "#224466", size=600)
    draw_cover(folder / "midden.jpg", "#884400", size=400)
    host.pictures = {"Midden": "#884400"}
    pages = []
    for page in (1, 2, 3):
        items = []
        for number in (7 - 2 * page, 6 - 2 * page):
            title = f"Nummer {number} – café & co"
            inside = ((0, "Begin"), (2000, "Midden"), (3000, "Einde")) if number == 5 else ()
            host.speak(
                title, f"media/{number}.mp3", first=80 + 4 * number, options=("-id3v2_version", "3"), chapters=inside
            )
            if inside:
                picture = folder / "midden.jpg"
                host.sounds[title] = add_chapter_picture(folder / f"media/{number}.mp3", 2000, picture)
            tracked = f"{base}stats/redirect.mp3/{host.home.partition('://')[2]}media/{number}.mp3"
            items.append(
                f"<item><title>{title.replace('&', '&#038;')}</title><link>https://www.example.nl/nummer-{number}/</link>"
                f"<pubDate>Sat, {number + 1:02} Feb 2020 10:11:1{number} +0000</pubDate>"
                f'<guid isPermaLink="false">https://www.example.nl/?p={number}</guid>'
                f"<description><![CDATA[In nummer {number} praten we verder [&#8230;]]]></description><content:encoded><![CDATA["
                f"<h2>Gast</h2>\n<p>Met <b>José</b> en <i>Zoë</i>.<br />\nTweede regel.</p>\n<p><img src='/beeld/{number}.png' "
                f"alt='de zaal' width='300'/></p><blockquote><p>Een citaat.</p></blockquote><ol><li>een</li><li>twee</li></ol>"
                f"<iframe src='https://video.example.org/embed/{number}'></iframe><p><a href='/over/'>Over ons</a></p>]]></content:encoded>"
                f'<enclosure url="{tracked}" length="0" type="audio/mpeg" /><itunes:subtitle>Kort</itunes:subtitle>'
                f'<itunes:image href="{host.home}klein.jpg" /><itunes:duration>0:09</itunes:duration></item>'
            )
        if page == 1:
            items.append(
                "<item><title>Bericht zonder geluid</title><link>https://www.example.nl/bericht/</link><guid isPermaLink='false'>"
                "https://www.example.nl/?p=99</guid><pubDate>Fri, 07 Feb 2020 10:00:00 +0000</pubDate></item>"
            )
        next_page = f'<atom:link rel="next" href="{host.feed}.{page + 1}" />' if page < 3 else ""
        head = (
            f'<atom:link href="{host.feed}" rel="self" type="application/rss+xml" />{next_page}<itunes:author>Café</itunes:author>'
            f'<itunes:summary>Gesprekken in het café</itunes:summary><itunes:image href="{host.home}cover.jpg" />'
            '<itunes:category text="Society &amp; Culture"><itunes:category text="Documentary" /></itunes:category>'
        )
        feed = host.channel("Café &amp; co", head, items, link="https://www.example.nl/", language="nl-NL")
        pages.append(feed.replace('encoding="UTF-8"', 'encoding="windows-1252"').encode("cp1252"))
    for number, content in enumerate(pages, start=1):
        host.write(host.feed_path + (f".{number}" if number > 1 else ""), content)
    host.posts = ("https://www.example.nl/?p=99",)
    host.rules = "location ~ ^/stats/redirect.mp3/[^/]+/(?<tracked>.+)$ { return 302 /$tracked; }\n"
    return host


def generate_soundcloud(folder, base):
    """SoundCloud: tag URIs as guids, plain text notes, an episode without a guid, and two with the same one."""
    host = OldHost("soundcloud", folder, base, "users/soundcloud:users:42/sounds.rss")
    draw_cover(folder / "avatar.jpg", "#aa5500")
    items = []
    for number in (1, 2, 3, 4):
        title = f"Track {number}"
        size = host.speak(title, f"stream/{number}-gesprek.mp3", first=120 + 6 * number)
        guid = {
            1: "<guid isPermaLink='false'>tag:soundcloud,2010:tracks/1001</guid>",
            2: "<guid isPermaLink='false'>tag:soundcloud,2010:tracks/1002</guid>",
            3: "",
            4: "<guid isPermaLink='false'>tag:soundcloud,2010:tracks/1002</guid>",  # a copied post
        }[number]
        text = f"Track {number} gaat over *vragen* en 1_000 antwoorden.\n\nLees verder: https://www.example.nl/t{number}?x=1&amp;y=2\nTot ziens!"
        items.append(
            f"<item>{guid}<title>{title}</title><pubDate>Sun, 0{number} Dec 2019 12:30:4{number} +0000</pubDate>"
            f"<link>https://tracks.example.com/redactie/track-{number}</link><itunes:duration>00:00:09</itunes:duration>"
            f"<itunes:author>Redactie</itunes:author><itunes:explicit>no</itunes:explicit><itunes:summary>{text}</itunes:summary>"
            f'<description>{text}</description><enclosure type="audio/mpeg" url="{host.home}stream/{number}-gesprek.mp3" '
            f'length="{size}"/><itunes:image href="{host.home}avatar.jpg"/></item>'
        )
    inside = (
        f'<atom:link href="{host.feed}" rel="self" type="application/rss+xml"/><itunes:summary>Losse gesprekken</itunes:summary>'
        "<description>Losse gesprekken</description><itunes:author>Redactie</itunes:author><itunes:category text='News'/>"
        f'<itunes:image href="{host.home}avatar.jpg"/><itunes:explicit>no</itunes:explicit>'
    )
    host.write(host.feed_path, host.channel("Losse gesprekken", inside, reversed(items)))
    return host


def generate_acast(folder, base):
    """Acast: hexadecimal guids, AAC, bonus episodes, a feed that says it moved, permalinks, compressed on the way."""
    host = OldHost("acast", folder, base, "public/shows/gesprek")
    draw_cover(folder / "cover.jpg", "#993355")
    draw_cover(folder / "eerst.jpg", "#116655", size=300)
    host.pictures = {"Eerst": "#116655"}
    rows = (
        ("Eerste", "64f0a1b2c3d4e5f601234501", "full", 1, "m4a", "audio/x-m4a"),
        ("Extra bij de eerste", "https://shows.example.com/gesprek/extra", "bonus", 1, "mp3", "audio/mpeg"),
        ("Tweede", "64f0a1b2c3d4e5f601234503", "full", 2, "mp3", "audio/mpeg"),
    )
    items = []
    host.write("tekst.txt", "Anna: Goedemorgen.\n\nBram: Dag.\n")  # without times
    for number, (title, guid, kind, episode, ending, media_type) in enumerate(rows, start=1):
        size = host.speak(title, f"p/open/s/x/e/{number}/media.{ending}", first=200 + 5 * number)
        permalink = "" if guid.startswith("https") else ' isPermaLink="false"'
        items.append(
            f"<item><title>{title}</title><itunes:title>{title}</itunes:title><pubDate>Thu, 1{number} Apr 2024 05:0{number}:00 GMT"
            f"</pubDate><itunes:duration>9</itunes:duration>"
            f'<enclosure url="{host.home}p/open/s/x/e/{number}/media.{ending}" length="{size}" type="{media_type}"/>'
            f"<guid{permalink}>{guid}</guid><itunes:explicit>{'true' if number == 3 else 'false'}</itunes:explicit><link>https://shows.example.com/gesprek/"
            f"{number}</link><acast:episodeId>64f{number}</acast:episodeId><itunes:episodeType>{kind}</itunes:episodeType>"
            f'<podcast:transcript url="{host.home}tekst.txt" type="text/plain"/>'
            f'<psc:chapters><psc:chapter start="00:00:00.000" title="Eerst" image="{host.home}eerst.jpg"/><psc:chapter '
            f'start="00:00:01" title="Dan" href="https://www.example.nl/"/></psc:chapters>'
            f"<itunes:episode>{episode}</itunes:episode><description><![CDATA[<p>Over {title.lower()}.</p><br /><hr><p "
            f"style='color:grey; font-size:0.75em;'> Hosted elsewhere. See <a style='color:grey;' target='_blank' "
            f"rel='noopener noreferrer' href='https://acast.example.com/privacy'>privacy</a> for more.</p>]]></description></item>"
        )
    inside = (
        f'<atom:link href="{host.feed}" rel="self" type="application/rss+xml"/><itunes:new-feed-url>{host.feed}'
        "</itunes:new-feed-url><itunes:author>Gesprek</itunes:author><itunes:explicit>false</itunes:explicit><description>"
        "<![CDATA[Een <i>lopend</i> gesprek]]></description><itunes:type>episodic</itunes:type>"
        f'<itunes:category text="Technology"><itunes:category text="Podcasting"/></itunes:category><itunes:image href="{host.home}cover.jpg"/>'
    )
    host.write(host.feed_path, host.channel("Gesprek", inside, reversed(items)))
    return host


HOSTS = {
    "spotify": generate_spotify,
    "buzzsprout": generate_buzzsprout,
    "wordpress": generate_wordpress,
    "soundcloud": generate_soundcloud,
    "acast": generate_acast,
}
