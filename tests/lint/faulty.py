"""A valid feed, and edits that each introduce one fault: the expected code and line of the finding."""

from dataclasses import dataclass

VALID = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
  xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
  xmlns:podcast="https://podcastindex.org/namespace/1.0"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:psc="http://podlove.org/simple-chapters"
  xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <title>Tafelgesprekken</title>
  <link>https://example.org/tafel/</link>
  <description>Gesprekken &amp; verhalen.</description>
  <language>nl</language>
  <copyright>Stichting Tafel</copyright>
  <lastBuildDate>Thu, 27 Jun 2024 04:00:00 +0000</lastBuildDate>
  <atom:link rel="self" type="application/rss+xml" href="https://example.org/tafel/feed.xml"/>
  <itunes:author>Stichting Tafel</itunes:author>
  <itunes:image href="https://example.org/tafel/cover.jpg"/>
  <itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/></itunes:category>
  <itunes:explicit>false</itunes:explicit>
  <itunes:type>serial</itunes:type>
  <podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
  <podcast:locked>yes</podcast:locked>
  <podcast:person role="host" group="cast">Anna de Wit</podcast:person>
  <podcast:updateFrequency rrule="FREQ=WEEKLY">wekelijks</podcast:updateFrequency>
  <podcast:liveItem status="pending" start="2024-07-01T19:00:00+02:00">
    <title>Live aan tafel</title>
    <link>https://example.org/tafel/live/</link>
    <guid isPermaLink="false">live-1</guid>
    <enclosure url="https://example.org/tafel/live.mp3" length="312" type="audio/mpeg"/>
    <podcast:contentLink href="https://example.org/tafel/live/">Luister mee</podcast:contentLink>
  </podcast:liveItem>
  <item>
    <title>De tweede tafel</title>
    <link>https://example.org/tafel/2/</link>
    <description><![CDATA[<p>Over <a href="https://example.org/">samen eten</a>.</p>]]></description>
    <enclosure url="https://example.org/tafel/2.mp3" length="28800000" type="audio/mpeg"/>
    <guid isPermaLink="false">tafel-2</guid>
    <pubDate>Thu, 27 Jun 2024 04:00:00 +0000</pubDate>
    <itunes:duration>1800</itunes:duration>
    <itunes:episode>2</itunes:episode>
    <itunes:episodeType>full</itunes:episodeType>
    <itunes:explicit>false</itunes:explicit>
    <itunes:image href="https://example.org/tafel/2.png"/>
  </item>
  <item>
    <title>De eerste tafel</title>
    <link>https://example.org/tafel/1/</link>
    <description>Hoe het begon.</description>
    <enclosure url="https://example.org/tafel/1.mp3" length="14400000" type="audio/mpeg"/>
    <guid isPermaLink="false">tafel-1</guid>
    <pubDate>Thu, 20 Jun 2024 04:00:00 +0000</pubDate>
    <itunes:duration>15:00</itunes:duration>
    <itunes:season>1</itunes:season>
    <itunes:episode>1</itunes:episode>
    <podcast:season name="Voorjaar">1</podcast:season>
    <podcast:episode display="Een">1</podcast:episode>
    <podcast:transcript url="https://example.org/tafel/1.vtt" type="text/vtt" language="nl" rel="captions"/>
    <podcast:chapters url="https://example.org/tafel/1.json" type="application/json+chapters"/>
    <podcast:soundbite startTime="73.0" duration="60.0">Waarom een tafel</podcast:soundbite>
    <podcast:person role="guest" group="cast" href="https://example.org/bram">Bram Bakker</podcast:person>
    <podcast:location rel="creator" geo="geo:52.0787,4.3182" osm="R192736" country="NL">Den Haag</podcast:location>
    <podcast:alternateEnclosure type="audio/ogg" length="7200000" bitrate="64000" title="Opus">
      <podcast:source uri="https://example.org/tafel/1.opus"/>
      <podcast:integrity type="sri" value="sha384-ExVqijgYHm15PqQqdXfW95x+Rs6C+d6E/ICxyQOeFevnxNLR/wtJNrNYTjIysUBo"/>
    </podcast:alternateEnclosure>
    <podcast:license url="https://example.org/licentie">eigen licentie</podcast:license>
    <podcast:image href="https://example.org/tafel/1.jpg" alt="Een gedekte tafel" aspect-ratio="1/1"/>
    <podcast:txt purpose="ai-content">false</podcast:txt>
    <podcast:socialInteract protocol="activitypub" uri="https://example.org/@tafel/1"/>
    <psc:chapters version="1.2">
      <psc:chapter start="00:00:00.000" title="Welkom"/>
      <psc:chapter start="00:05:00" title="De soep"/>
      <psc:chapter start="10:00.5" title="De afwas"/>
    </psc:chapters>
    <content:encoded><![CDATA[<p>Hoe het begon, uitgebreid.</p>]]></content:encoded>
  </item>
</channel>
</rss>
"""
OLD_NAMESPACE = VALID.replace(
    "https://podcastindex.org/namespace/1.0",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
)


@dataclass(frozen=True)
class Fault:
    """One edit. ``line`` is a text in the expected line of the edited feed; with ``@2`` the second such line."""

    name: str
    old: str
    new: str
    code: str
    line: str
    severity: str = "error"

    @property
    def feed(self):
        assert 1 == VALID.count(self.old), f"{self.name}: {self.old!r} occurs {VALID.count(self.old)} times in the feed"
        return VALID.replace(self.old, self.new)


def error(name, old, new, code, line):
    return Fault(name, old, new, code, line)


def warning(name, old, new, code, line):
    return Fault(name, old, new, code, line, "warning")


def advice(name, old, new, code, line):
    return Fault(name, old, new, code, line, "info")


ENCLOSURE = '<enclosure url="https://example.org/tafel/1.mp3" length="14400000" type="audio/mpeg"/>'
ITEM_1, ITEM_2 = "<title>De eerste tafel</title>", "<title>De tweede tafel</title>"
TRANSCRIPT = '<podcast:transcript url="https://example.org/tafel/1.vtt" type="text/vtt" language="nl" rel="captions"/>'
SOURCE = '<podcast:source uri="https://example.org/tafel/1.opus"/>'

FAULTS = [
    # XML and RSS
    error("a tag is not closed", "</itunes:type>", "", "xml", "</channel>"),
    error("a bare ampersand", "Hoe het begon.", "Hoe & wat.", "xml", "Hoe & wat."),
    error("an unknown entity", "Hoe het begon.", "Hoe&nbsp;het begon.", "xml", "Hoe&nbsp;"),
    error("a control character", "Hoe het begon.", "Hoe het\x0b begon.", "control-character", "Hoe het"),
    error("a control character by number", "Hoe het begon.", "Hoe het&#11; begon.", "control-character", "&#11;"),
    error("undeclared prefix", "<itunes:type>", "<media:x/><itunes:type>", "undeclared-prefix", "<media:x/>"),
    error("unknown encoding", 'encoding="UTF-8"', 'encoding="klingon"', "encoding", "klingon"),
    warning("a document type", '<rss version="2.0"', '<!DOCTYPE rss>\n<rss version="2.0"', "doctype", "<!DOCTYPE"),
    error(
        "an entity",
        '<rss version="2.0"',
        '<!DOCTYPE rss [\n<!ENTITY a "b">]>\n<rss version="2.0"',
        "entity",
        "<!ENTITY",
    ),
    error("an old version of RSS", '<rss version="2.0"', '<rss version="0.91"', "rss-version", '"0.91"'),
    error("no enclosure", ENCLOSURE, "", "no-enclosure", "<item>@2"),
    error("an enclosure without length", ' length="14400000"', "", "enclosure-length", "/1.mp3"),
    error("an enclosure of length 0", '"14400000"', '"0"', "enclosure-length", "/1.mp3"),
    error("enclosure length in words", '"14400000"', '"14 MB"', "enclosure-length", "/1.mp3"),
    error(
        "enclosure of type text/html",
        'length="14400000" type="audio/mpeg"',
        'length="14400000" type="text/html"',
        "enclosure-type",
        "/1.mp3",
    ),
    error(
        "an enclosure without type",
        'length="14400000" type="audio/mpeg"',
        'length="14400000"',
        "enclosure-type",
        "/1.mp3",
    ),
    warning(
        "enclosure type that differs from the file name",
        'length="14400000" type="audio/mpeg"',
        'length="14400000" type="audio/x-m4a"',
        "enclosure-name",
        "/1.mp3",
    ),
    error("a relative enclosure", '"https://example.org/tafel/1.mp3"', '"/tafel/1.mp3"', "address", "/1.mp3"),
    error(
        "repeated enclosure",
        '"https://example.org/tafel/1.mp3"',
        '"https://example.org/tafel/2.mp3"',
        "enclosure-repeated",
        "14400000",
    ),
    warning(
        "two enclosures in one item",
        ENCLOSURE,
        f'{ENCLOSURE}\n<enclosure url="https://example.org/b.mp3" length="9" type="audio/mpeg"/>',
        "enclosures",
        "b.mp3",
    ),
    warning(
        "an enclosure over http",
        '"https://example.org/tafel/1.mp3"',
        '"http://example.org/tafel/1.mp3"',
        "plain-http",
        "/1.mp3",
    ),
    warning(
        "non-ASCII enclosure URL",
        '"https://example.org/tafel/1.mp3"',
        '"https://example.org/tafel/één.mp3"',
        "address-ascii",
        "één",
    ),
    *(
        error(
            f"{character} in an enclosure URL",
            '"https://example.org/tafel/1.mp3"',
            f'"https://example.org/tafel/{character}1.mp3?x=1"',
            "address-characters",
            "1.mp3?x=1",
        )
        for character in ("[1]", "{", "|", "%", "%zz", "^", "`")
    ),
    error(
        "[ in the query of a transcript URL",
        "tafel/1.vtt",
        "tafel/1.vtt?taal[]=nl",
        "address-characters",
        "taal[]",
    ),
    *(
        error(
            f"port {port}",
            "<link>https://example.org/tafel/1/",
            f"<link>https://example.org:{port}/tafel/1/",
            "address-port",
            f":{port}/",
        )
        for port in ("99999", "0", "poort")
    ),
    error("repeated guid", ">tafel-1<", ">tafel-2<", "guid-repeated", ">tafel-2<@2"),
    error("no guid", '<guid isPermaLink="false">tafel-1</guid>', "", "no-guid", "<item>@2"),
    error("an empty guid", ">tafel-1<", "><", "no-guid", "<item>@2"),
    error("permalink that is not a URL", '"false">tafel-1', '"true">tafel-1', "guid-permalink", "tafel-1"),
    error("isPermaLink neither true nor false", '"false">tafel-1', '"no">tafel-1', "guid-permalink", "tafel-1"),
    warning("guid without isPermaLink", ' isPermaLink="false">tafel-1', ">tafel-1", "guid-default", "tafel-1"),
    error("ISO 8601 date", "Thu, 20 Jun 2024 04:00:00 +0000", "2024-06-20T04:00:00Z", "date", "2024-06-20T"),
    error("a date with a Dutch month", "20 Jun 2024", "20 mei 2024", "date", "20 mei"),
    error("unknown time zone", "20 Jun 2024 04:00:00 +0000", "20 Jun 2024 04:00:00 CEST", "date", "CEST"),
    error("non-existent day", "20 Jun 2024", "31 Jun 2024", "date", "31 Jun"),
    error("a wrong weekday", "Thu, 20 Jun", "Fri, 20 Jun", "weekday", "Fri, 20"),
    warning(
        "future publication date",
        "Thu, 27 Jun 2024 04:00:00 +0000</pubDate>",
        "Sun, 27 Jun 2027 04:00:00 +0000</pubDate>",
        "future",
        "2027",
    ),
    warning("script element", "<p>Over ", "<script>x()</script><p>Over ", "markup", "<script>"),
    warning("event handler attribute", "<p>Over ", '<p onclick="x()">Over ', "markup", "onclick"),
    error("item without title", ITEM_1, "", "no-item-title", "<item>@2"),
    warning("markup in a title", "De eerste tafel", "De &lt;b&gt;eerste&lt;/b&gt; tafel", "markup-in-title", "eerste"),
    warning("double-escaped title", "De eerste tafel", "Koek &amp;amp; zopie", "escaped-twice", "zopie"),
    warning("white space around a title", "De eerste tafel", " De eerste tafel", "space", "eerste tafel<"),
    warning("a long title", "De eerste tafel", "tafel " * 50 + "einde", "long-text", "einde"),
    error("a long description", "Hoe het begon.", "é" * 2001, "long-description", "ééé"),
    warning("unknown RSS element", ITEM_1, f"{ITEM_1}<pubdate>x</pubdate>", "unknown-tag", "<pubdate>"),
    error("repeated title", ITEM_1, f"{ITEM_1}\n<title>Nog een</title>", "repeated-tag", "Nog een"),
    # Channel
    error(
        "no category",
        '<itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/></itunes:category>',
        "",
        "no-category",
        "<channel>",
    ),
    error("an unknown category", "Society &amp; Culture", "Samenleving", "category", "Samenleving"),
    error("unknown subcategory", '"Documentary"', '"Dinner"', "category", "Dinner"),
    error("a category in the wrong case", "Society &amp; Culture", "Society &amp; culture", "category-case", "culture"),
    error("category without text", 'text="Documentary"', "", "no-attribute", "<itunes:category"),
    error(
        "missing explicit",
        "<itunes:explicit>false</itunes:explicit>\n  <itunes:type>",
        "<itunes:type>",
        "no-explicit",
        "<channel>",
    ),
    error(
        "explicit: no",
        "<itunes:explicit>false</itunes:explicit>\n  <itunes:type>",
        "<itunes:explicit>no</itunes:explicit>\n  <itunes:type>",
        "explicit",
        ">no<",
    ),
    error("no language", "<language>nl</language>", "", "no-language", "<channel>"),
    error("an unknown language", "<language>nl<", "<language>Nederlands<", "language", "Nederlands"),
    error("invalid language", "<language>nl<", "<language>xx-nl<", "language", "xx-nl"),
    error("no artwork", '<itunes:image href="https://example.org/tafel/cover.jpg"/>', "", "no-image", "<channel>"),
    error("artwork neither JPEG nor PNG", "cover.jpg", "cover.webp", "artwork-name", "cover.webp"),
    error("artwork without href", 'href="https://example.org/tafel/cover.jpg"', "", "no-attribute", "<itunes:image "),
    error(
        "missing self link",
        '<atom:link rel="self" type="application/rss+xml" href="https://example.org/tafel/feed.xml"/>',
        "",
        "no-self-link",
        "<channel>",
    ),
    error("self link with another URL", "/tafel/feed.xml", "/tafel/rss", "self-link", "/tafel/rss"),
    error("relative self link", "https://example.org/tafel/feed.xml", "feed.xml", "self-link", '"feed.xml"'),
    error("channel without title", "<title>Tafelgesprekken</title>", "", "no-title", "<channel>"),
    error("no description", "<description>Gesprekken &amp; verhalen.</description>", "", "no-description", "<channel>"),
    error("no link", "<link>https://example.org/tafel/</link>", "", "no-link", "<channel>"),
    # itunes
    error("serial episode without a number", "<itunes:episode>1</itunes:episode>", "", "no-episode-number", "<item>@2"),
    error("episode 0", "<itunes:episode>1<", "<itunes:episode>0<", "episode-number", "itunes:episode>0"),
    error("season number in words", "<itunes:season>1<", "<itunes:season>een<", "season-number", ">een<"),
    error("invalid show type", "serial", "weekly", "itunes-type", "weekly"),
    error("invalid episode type", ">full<", ">half<", "episode-type", ">half<"),
    error("a duration in words", "15:00", "een kwartier", "duration", "kwartier"),
    error("a duration with 75 seconds", "15:00", "15:75", "duration", "15:75"),
    warning("contradicting episode numbers", 'display="Een">1', 'display="Een">3', "number-differs", 'display="Een"'),
    warning(
        "an element in the wrong case",
        "<itunes:type>serial</itunes:type>",
        "<itunes:type>serial</itunes:type><itunes:Keywords/>",
        "unknown-tag",
        "itunes:Keywords",
    ),
    # podcast:
    error(
        "transcript without url",
        'url="https://example.org/tafel/1.vtt" ',
        "",
        "no-attribute",
        "<podcast:transcript",
    ),
    error("a transcript without type", 'type="text/vtt" ', "", "no-attribute", "<podcast:transcript"),
    warning("transcript of type application/msword", "text/vtt", "application/msword", "odd-attribute", "msword"),
    error(
        "podcast guid that is not a UUID",
        "917393e3-1b1e-5cef-ace4-edaa54e1f810",
        "tafelgesprekken",
        "podcast-guid",
        ">tafelgesprekken<",
    ),
    warning("podcast guid of another UUID version", "1b1e-5cef", "1b1e-4cef", "podcast-guid-version", "4cef"),
    error("invalid locked value", ">yes<", ">maybe<", "value", ">maybe<"),
    error("an empty person", ">Bram Bakker<", "> <", "empty-value", "/bram"),
    warning("a role outside the taxonomy", 'role="guest"', 'role="gast"', "role", '"gast"'),
    warning(
        "role in the wrong group",
        'role="guest" group="cast"',
        'role="guest" group="writing"',
        "role-group",
        '"writing"',
    ),
    error("a soundbite without duration", ' duration="60.0"', "", "no-attribute", "<podcast:soundbite"),
    error("non-numeric soundbite start", 'startTime="73.0"', 'startTime="later"', "attribute", "later"),
    warning("a soundbite of five minutes", 'duration="60.0"', 'duration="300"', "soundbite-length", '"300"'),
    error("soundbite after the end", 'startTime="73.0"', 'startTime="880"', "soundbite-beyond", '"880"'),
    error("non-integer season", '"Voorjaar">1<', '"Voorjaar">lente<', "value", ">lente<"),
    warning("an unknown tag", "<podcast:chapters ", "<podcast:chapter ", "unknown-tag", "<podcast:chapter "),
    warning(
        "deprecated tag",
        "<podcast:locked>",
        '<podcast:images srcset="a"/><podcast:locked>',
        "deprecated-tag",
        "podcast:images",
    ),
    warning(
        "misplaced tag",
        "<podcast:locked>",
        "<podcast:season>1</podcast:season><podcast:locked>",
        "misplaced-tag",
        "<podcast:locked>",
    ),
    error(
        "repeated podcast guid",
        "<podcast:locked>",
        "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>\n<podcast:locked>",
        "repeated-tag",
        "<podcast:guid>@2",
    ),
    error("an alternate enclosure without source", SOURCE, "", "no-child", "<podcast:alternateEnclosure"),
    error("source without uri", 'uri="https://example.org/tafel/1.opus"', "", "no-attribute", "<podcast:source"),
    error("invalid geo", "geo:52.0787,4.3182", "52.0787 4.3182", "geo", "52.0787 4"),
    error("geo latitude out of range", "geo:52.0787", "geo:152.0787", "geo", "152.07"),
    error("non-ISO country", 'country="NL"', 'country="Nederland"', "attribute", "Nederland"),
    warning(
        "a namespace under another prefix",
        "xmlns:psc=",
        'xmlns:pod="https://podcastindex.org/namespace/1.0"\n  xmlns:psc=',
        "namespace-prefix",
        "xmlns:pod=",
    ),
    error(
        "namespace with http: in place of https:",
        '"https://podcastindex.org/namespace/1.0"',
        '"http://podcastindex.org/namespace/1.0"',
        "namespace",
        "xmlns:podcast",
    ),
    error("iTunes namespace with https:", '"http://www.itunes', '"https://www.itunes', "namespace", "xmlns:itunes"),
    warning("overlong person name", "Anna de Wit", "Anna " * 26, "long-value", "Anna Anna"),
    error("a live item without status", 'status="pending" ', "", "no-attribute", "<podcast:liveItem"),
    error("non-date start", "2024-07-01T19:00:00+02:00", "vanavond", "attribute", "vanavond"),
    error("invalid rrule", "FREQ=WEEKLY", "weekly", "attribute", '"weekly"'),
    error(
        "socialInteract without uri",
        ' uri="https://example.org/@tafel/1"',
        "",
        "no-attribute",
        "podcast:socialInteract",
    ),
    # Chapters
    error("chapters out of order", '"00:05:00"', '"00:11:00"', "chapters-order", "De afwas"),
    error("chapter after the end", '"10:00.5"', '"20:00"', "chapters-beyond", "De afwas"),
    error("non-time chapter start", '"00:05:00"', '"later"', "chapter-start", "De soep"),
    error("a chapter without title", ' title="De soep"', "", "no-attribute", "00:05:00"),
    warning("first chapter not at 0", '"00:00:00.000"', '"00:00:05"', "chapters-first", "Welkom"),
    # Other podcast tags
    error("custom licence without url", ' url="https://example.org/licentie"', "", "license-url", "eigen"),
    error(
        "rrule COUNT without dtstart",
        'rrule="FREQ=WEEKLY"',
        'rrule="FREQ=WEEKLY;COUNT=4"',
        "frequency-start",
        "COUNT=4",
    ),
    warning("non-boolean ai-content", '"ai-content">false<', '"ai-content">deels<', "ai-content", ">deels<"),
    error("invalid integrity algorithm", "sha384-ExVq", "sha385-ExVq", "integrity", "sha385"),
    error("truncated integrity hash", 'TjIysUBo"', 'TjIys"', "integrity", "TjIys"),
    warning("captions of type text/plain", 'type="text/vtt"', 'type="text/plain"', "captions-type", "text/plain"),
    warning(
        "repeated transcript", TRANSCRIPT, f"{TRANSCRIPT}\n{TRANSCRIPT}", "transcript-repeated", "podcast:transcript@2"
    ),
    warning(
        "two default alternate enclosures",
        f'title="Opus">\n      {SOURCE}',
        f'title="Opus" default="true">\n{SOURCE}</podcast:alternateEnclosure>\n'
        f'<podcast:alternateEnclosure type="audio/mp4" default="true">\n      {SOURCE}',
        "alternate-default",
        'default="true"@2',
    ),
    error(
        "a live item that ends before it starts",
        'start="2024-07-01T19:00:00+02:00"',
        'start="2034-07-01T19:00:00+02:00" end="2034-07-01T18:00:00+02:00"',
        "live-end",
        "liveItem",
    ),
    error("a live item without a guid", '<guid isPermaLink="false">live-1</guid>', "", "no-guid", "liveItem"),
    error("a live item without a title", "<title>Live aan tafel</title>", "", "no-item-title", "liveItem"),
    error(
        "live item without contentLink",
        '<podcast:contentLink href="https://example.org/tafel/live/">Luister mee</podcast:contentLink>',
        "",
        "no-child",
        "<podcast:liveItem",
    ),
    warning(
        "complete show with a pending live item",
        "<itunes:type>",
        "<itunes:complete>Yes</itunes:complete><itunes:type>",
        "complete",
        "<podcast:liveItem",
    ),
    warning(
        "complete: true",
        "<itunes:type>",
        "<itunes:complete>true</itunes:complete><itunes:type>",
        "yes-only",
        ">true<",
    ),
    warning(
        "new-feed-url",
        "<itunes:type>",
        "<itunes:new-feed-url>https://example.org/elders.xml</itunes:new-feed-url><itunes:type>",
        "moved",
        "elders.xml",
    ),
    warning(
        "repeated episode number",
        "<itunes:episode>2<",
        "<itunes:season>1</itunes:season><itunes:episode>1<",
        "number-repeated",
        "<itunes:episode>1<@2",
    ),
    warning("zero duration", ">1800<", ">0<", "duration-zero", ">0<"),
    # In pages
    error(
        "next page that links to itself",
        "<itunes:type>serial",
        '<atom:link rel="next" href="https://example.org/tafel/feed.xml"/>\n<itunes:type>episodic',
        "page-loop",
        'rel="next"',
    ),
    error(
        "relative next page",
        "<itunes:type>serial",
        '<atom:link rel="next" href="?page=2"/>\n<itunes:type>episodic',
        "address",
        'rel="next"',
    ),
    error(
        "two next pages",
        "<itunes:type>serial",
        '<atom:link rel="next" href="https://example.org/2.xml"/>\n<atom:link rel="next" '
        'href="https://example.org/3.xml"/>\n<itunes:type>episodic',
        "repeated-tag",
        "3.xml",
    ),
    warning(
        "paged serial show",
        "<itunes:type>",
        '<atom:link rel="next" href="https://example.org/2.xml"/>\n<itunes:type>',
        "page-serial",
        "2.xml",
    ),
    error(
        "paged feed marked complete",
        "<itunes:type>serial",
        '<atom:link rel="next" href="https://example.org/2.xml"/>\n'
        '<complete xmlns="http://purl.org/syndication/history/1.0"/>\n<itunes:type>episodic',
        "page-complete",
        "<complete",
    ),
]

ADVICE = [  # reported only on request
    advice("image without alt", ' alt="Een gedekte tafel"', "", "no-alt", "<podcast:image"),
    advice(
        "e-mail address in locked", "<podcast:locked>", '<podcast:locked owner="a@b.nl">', "owner-address", "owner="
    ),
    advice(
        "funding without text",
        "<podcast:locked>",
        '<podcast:funding url="https://example.org/steun"/><podcast:locked>',
        "funding-text",
        "podcast:funding",
    ),
    advice(
        "live item without enclosure",
        '<enclosure url="https://example.org/tafel/live.mp3" length="312" type="audio/mpeg"/>',
        "",
        "live-sound",
        "<podcast:liveItem",
    ),
    advice(
        "guid that is a media URL",
        ">tafel-2<",
        ">https://example.org/tafel/2.mp3<",
        "guid-enclosure",
        ">https://example.org/tafel/2.mp3<",
    ),
    advice("copyright sign", ">Stichting Tafel</copyright>", ">© Stichting Tafel</copyright>", "copyright", "©"),
    advice(
        "four categories",
        "<itunes:explicit>false</itunes:explicit>\n  <itunes:type>",
        '<itunes:category text="Arts"/>\n<itunes:category text="News"/>\n<itunes:category text="History"/>\n'
        "<itunes:explicit>false</itunes:explicit>\n  <itunes:type>",
        "categories-many",
        "History",
    ),
    advice(
        "paged feed",
        "<itunes:type>serial",
        '<atom:link rel="next" href="https://example.org/2.xml"/>\n<itunes:type>episodic',
        "paged",
        "2.xml",
    ),
    advice(
        "live item past its end",
        'status="pending" start="2024-07-01',
        'status="live" start="2024-07-02',
        "live-over",
        '"live"',
    ),
    advice(
        "a number in a title",
        "De eerste tafel",
        "Aflevering 1: de eerste tafel",
        "title-number",
        "Aflevering 1:",
    ),
]
