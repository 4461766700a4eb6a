"""Every rule of the linter, as one table: how bad it is, why it is a rule, whose rule it is, and what to do.

``info`` is advice, told only when asked for. docs/linter.md shows this table; a test holds the two together.
"""

from dataclasses import dataclass

XML = "XML 1.0"
NAMES = "Namespaces in XML"
RSS = "RSS 2.0"
PSP = "PSP-1"
APPLE = "Apple, Podcasts feed requirements"
ARTWORK = "Apple, artwork requirements"
CHAPTERS = "Apple and Spotify, chapters"
PODCAST = "podcast namespace"
PAGES = "RFC 5005"
PODLOVE = "Podlove Simple Chapters 1.2"
APPS = "what podcast apps do"
OWN = "the source of the element"  # a finding names it


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``why`` completes the sentence that a finding begins; ``hint`` is what to do unless a finding knows better."""

    severity: str  # error | warning | info
    why: str
    source: str
    hint: str = ""


RULES = {
    # ------------------------------------------------------------------------------------------------- bytes and XML
    "xml": Rule(
        "error", "Apps read all of a feed or nothing of it.", XML, "Mend it here; what follows could not be read."
    ),
    "undeclared-prefix": Rule(
        "error",
        "An element whose prefix is not declared makes the whole feed unreadable.",
        NAMES,
        'Declare it on `<rss>`: xmlns:podcast="https://podcastindex.org/namespace/1.0", and so on.',
    ),
    "control-character": Rule(
        "error",
        "Strict readers stop at a character that XML cannot hold.",
        XML,
        "Delete that character; it is invisible, and often comes along when text is pasted.",
    ),
    "encoding": Rule(
        "error",
        "Bytes that do not fit their encoding make the whole feed unreadable.",
        XML,
        "Save the feed as UTF-8, and declare that.",
    ),
    "not-utf-8": Rule(
        "warning", "Not every app knows every encoding.", PSP, "Save the feed as UTF-8, and declare that."
    ),
    "doctype": Rule(
        "warning",
        "RSS 2.0 has no document type, and careful readers refuse one.",
        RSS,
        "Delete the line that begins with `<!DOCTYPE`.",
    ),
    "entity": Rule(
        "error",
        "Entities can be made to fill the memory of a reader, so readers refuse them.",
        APPS,
        "Delete the declaration, and write the character itself, or a number such as &#8212;.",
    ),
    "empty": Rule("error", "An empty feed takes the show away from every listener.", RSS, "Build or export it again."),
    "too-big": Rule(
        "error",
        "Apps give up on a feed of this size.",
        APPS,
        'Keep the newest episodes; link older pages of the feed by atom:link rel="next" (RFC 5005).',
    ),
    # ----------------------------------------------------------------------------------------------- frame, namespaces
    "not-rss": Rule(
        "error",
        "Podcast apps read RSS 2.0; Apple takes no Atom.",
        APPLE,
        "Look whether this is the address of the feed, and not of its page.",
    ),
    "rss-version": Rule("error", "The version tells a reader how to read.", RSS, 'Write <rss version="2.0">.'),
    "no-channel": Rule(
        "error", "All of a feed stands in its channel.", RSS, "Put everything in one <channel>, directly in <rss>."
    ),
    "no-items": Rule(
        "warning", "Apple takes a new show only with an episode in it.", APPLE, "Publish a trailer first."
    ),
    "namespace": Rule("error", "Namespaces are compared letter by letter: apps see none of these elements.", NAMES),
    "namespace-prefix": Rule(
        "warning",
        "AntennaPod and partytime look at the prefix, not at the address.",
        APPS,
        "Use the prefix `podcast`, or `itunes`.",
    ),
    "old-namespace": Rule(
        "info",
        "The first address is still read; the tags and their documentation have moved.",
        PODCAST,
        'Write "https://podcastindex.org/namespace/1.0".',
    ),
    # ----------------------------------------------------------------------------------------------- shape of any element
    "unknown-tag": Rule("warning", "An element that nobody knows is read by nobody; case counts.", OWN),
    "deprecated-tag": Rule("warning", "This element has been given up.", OWN),
    "misplaced-tag": Rule("warning", "In this place no app looks for it.", OWN),
    "repeated-tag": Rule("error", "Of two, each app picks its own.", OWN, "Keep one."),
    "no-attribute": Rule("error", "Without this attribute the element says nothing.", OWN),
    "no-child": Rule("error", "Without what it should hold the element says nothing.", OWN),
    "attribute": Rule("error", "Apps skip an element whose attribute they cannot read.", OWN),
    "odd-attribute": Rule("warning", "Few apps know this value.", OWN),
    "unknown-attribute": Rule("info", "An attribute that the documentation does not know is read by nobody.", OWN),
    "empty-value": Rule(
        "error", "An element that must say something says nothing.", OWN, "Fill it in, or leave the element out."
    ),
    "value": Rule("error", "Apps skip what they cannot read.", OWN),
    "odd-value": Rule("warning", "Few apps know this value.", OWN),
    "long-value": Rule("warning", "Apps cut off what is longer.", OWN),
    "space": Rule(
        "warning", "Some apps show the spaces, or compare with them.", APPLE, "Delete the space in front and behind."
    ),
    # ---------------------------------------------------------------------------------------------------------- addresses
    "address": Rule(
        "error",
        "An app does not know where the feed stands: addresses must be whole.",
        RSS,
        "Write it in full: https://…",
    ),
    "plain-http": Rule(
        "warning",
        "Apps on phones refuse http, and the podcast namespace asks for https.",
        PODCAST,
        "Serve it over https.",
    ),
    "address-ascii": Rule(
        "warning",
        "Names and addresses in ASCII work everywhere.",
        APPLE,
        "Percent-encode it, or choose a name from a–z and 0–9.",
    ),
    # ------------------------------------------------------------------------------------------------------------- channel
    "no-title": Rule("error", "A show without a title cannot be found.", APPLE, "Add <title> to <channel>."),
    "no-link": Rule("error", "The page of the show is asked for.", PSP, "Add <link>https://…</link> to <channel>."),
    "no-description": Rule(
        "error", "The description is what people read before they subscribe.", APPLE, "Add <description> to <channel>."
    ),
    "no-language": Rule(
        "error", "Directories sort shows by language.", APPLE, "Add <language>nl</language> to <channel>."
    ),
    "no-category": Rule(
        "error", "Directories sort shows by category.", APPLE, 'Add <itunes:category text="Government"/> to <channel>.'
    ),
    "no-explicit": Rule(
        "error",
        "Apple refuses a show that does not say whether it is explicit.",
        APPLE,
        "Add <itunes:explicit>false</itunes:explicit> to <channel>.",
    ),
    "no-image": Rule(
        "error", "A show without artwork is refused.", APPLE, 'Add <itunes:image href="https://….jpg"/> to <channel>.'
    ),
    "no-self-link": Rule(
        "error",
        "The feed must name its own address.",
        PSP,
        'Add <atom:link rel="self" type="application/rss+xml" href="https://…"/> to <channel>.',
    ),
    "self-link": Rule(
        "error",
        "The feed must name the address at which it is served.",
        PSP,
        "Write the address that listeners subscribe to.",
    ),
    "language": Rule("error", "Directories know the languages of ISO 639.", APPLE, "Write `nl`, `en`, `nl-be` …"),
    "category": Rule("error", "Only the categories in Apple's list of today are recognised.", APPLE),
    "category-case": Rule("error", "Categories are compared letter by letter.", APPLE),
    "explicit": Rule("error", "Only `true` and `false` are recognised.", APPLE, "Write `true` or `false`."),
    "itunes-type": Rule(
        "error", "Only `episodic` and `serial` are recognised.", APPLE, "Write `serial` to have the oldest heard first."
    ),
    "artwork-name": Rule(
        "error",
        "Artwork must be a JPEG or a PNG, and be called so.",
        ARTWORK,
        "Give the file a name that ends in .jpg or .png.",
    ),
    "podcast-guid": Rule(
        "error",
        "The guid of a show is a UUID; everything that follows a moved show leans on it.",
        "podcast namespace: guid",
        "Make a UUIDv5 of the feed's address, once, and never change it.",
    ),
    "podcast-guid-version": Rule(
        "warning",
        "The guid of a show should be a version 5 UUID, made of its first address.",
        "podcast namespace: guid",
        "If the show is new, make it anew; if it is known under this guid, keep it.",
    ),
    "categories-many": Rule(
        "info", "Apple looks at the first, others at three.", APPLE, "Keep those that fit best, the best one first."
    ),
    "copyright": Rule(
        "info", "Apps set the sign themselves.", PSP, "Write only whose it is, without ©, the word or the year."
    ),
    "moved": Rule(
        "warning",
        "Apps go there and do not come back; the element stands in the new feed too, with its own address.",
        APPLE,
        "Look whether that is the address where the show lives now.",
    ),
    "yes-only": Rule(
        "warning", "Only `Yes` counts; anything else says nothing.", APPLE, "Write `Yes`, or leave it out."
    ),
    "complete": Rule(
        "warning",
        "Apple no longer asks for new episodes of a show that is complete.",
        APPLE,
        "Take <itunes:complete> out until the last one is there.",
    ),
    "owner": Rule(
        "info",
        "Apple no longer reads the owner, and an e-mail address in a feed is collected by machines.",
        "Apple, 4115",
        'Leave <itunes:owner> out; prove ownership by <podcast:txt purpose="applepodcastsverify">.',
    ),
    "advised-in-channel": Rule("info", "It is recommended.", PSP, "Add it if you can."),
    # ---------------------------------------------------------------------------------------------------------------- item
    "no-item-title": Rule(
        "error", "An episode without a title cannot be listed.", APPLE, "Add <title> to this <item>."
    ),
    "no-enclosure": Rule(
        "error",
        "An item without an enclosure is no episode.",
        APPLE,
        'Add <enclosure url="…" length="…" type="audio/mpeg"/>.',
    ),
    "no-guid": Rule(
        "error",
        "Without a guid, apps show an episode twice as soon as anything in it changes.",
        APPLE,
        'Add <guid isPermaLink="false">, with what never changes.',
    ),
    "enclosures": Rule(
        "warning",
        "Apps take the first enclosure, or the last; nobody knows which.",
        RSS,
        "Keep one; put other formats in <podcast:alternateEnclosure>.",
    ),
    "enclosure-length": Rule(
        "error", "Apps plan their downloads by the length in bytes.", RSS, "Write the size of the file in bytes."
    ),
    "enclosure-type": Rule(
        "error",
        "Apps choose by the type what they can play.",
        APPLE,
        "Write `audio/mpeg` for MP3, `audio/x-m4a` or `audio/mp4` for M4A.",
    ),
    "enclosure-name": Rule(
        "warning", "Apple looks at the ending of the name.", APPLE, "Give the file an ending that fits its type."
    ),
    "enclosure-repeated": Rule(
        "error", "Of two episodes with one address, Apple shows one.", APPLE, "Give each episode a file of its own."
    ),
    "guid-repeated": Rule(
        "error",
        "Of two episodes with one guid, apps show one.",
        APPLE,
        "Give each episode a guid of its own, and keep the old one where it was.",
    ),
    "guid-permalink": Rule(
        "error",
        'With isPermaLink="true" a guid is an address that can be opened.',
        RSS,
        'Write isPermaLink="false"; leave the guid as it is.',
    ),
    "guid-default": Rule(
        "warning",
        'Without isPermaLink="false" a guid is taken for an address.',
        RSS,
        'Write isPermaLink="false"; leave the guid as it is.',
    ),
    "date": Rule(
        "error",
        "A date that apps cannot read puts the episode anywhere.",
        "RSS 2.0, RFC 2822",
        "Write it as `Thu, 20 Jun 2024 04:00:00 +0000`.",
    ),
    "weekday": Rule(
        "error",
        "Strict readers refuse a date whose weekday is another day.",
        "RSS 2.0, RFC 2822",
        "Let a library write the date.",
    ),
    "future": Rule(
        "warning",
        "Apps stop fetching at an episode from the future, or hide it.",
        APPS,
        "Hold the episode back until its hour has come.",
    ),
    "duration": Rule(
        "error",
        "A duration is seconds, or hours, minutes and seconds.",
        APPLE,
        "Write whole seconds: <itunes:duration>1799</itunes:duration>.",
    ),
    "duration-zero": Rule(
        "warning", "Apps show 0:00, or nothing.", APPLE, "Write the length as decoded, or leave the element out."
    ),
    "number-repeated": Rule(
        "warning",
        "Of two episodes with one number nobody knows which comes first.",
        APPLE,
        "Count on; in a show with seasons give each its <itunes:season>.",
    ),
    "guid-enclosure": Rule(
        "info",
        "If the sound ever gets another address, so does the guid, and every subscriber gets the episode twice.",
        APPS,
        "Keep it for what is published; give new episodes a guid that has nothing to do with addresses.",
    ),
    "no-episode-number": Rule(
        "error",
        "In a serial show Apple puts episodes in order by their number.",
        APPLE,
        "Add <itunes:episode>1</itunes:episode>.",
    ),
    "episode-number": Rule(
        "error", "A number is whole, and counts from 1.", APPLE, "Leave the element out where there is no number."
    ),
    "season-number": Rule(
        "error",
        "A season is a whole number, and counts from 1.",
        APPLE,
        "Leave the element out where there is no season.",
    ),
    "episode-type": Rule("error", "Only `full`, `trailer` and `bonus` are recognised.", APPLE, "Write `full`."),
    "number-differs": Rule(
        "warning", "Each app reads another of the two numbers.", PODCAST, "Write the same number in both."
    ),
    "title-number": Rule(
        "info",
        "Apps show the number themselves, and put it in front once more.",
        APPLE,
        "Write only the title; the number stands in <itunes:episode>.",
    ),
    "markup": Rule(
        "warning",
        "Apps throw away scripts and frames, some with the whole text.",
        APPLE,
        "Keep to p, ol, ul, li and a.",
    ),
    "markup-rare": Rule(
        "info", "Apple shows p, ol, ul, li and a; of other tags the words stay.", APPLE, "Keep to p, ol, ul, li and a."
    ),
    "markup-in-title": Rule("warning", "In a title tags are shown as they stand.", APPLE, "Write plain words."),
    "escaped-twice": Rule("warning", "People read `&amp;` instead of `&`.", XML, "Escape once."),
    "long-description": Rule(
        "error", "Apple takes 4000 bytes.", APPLE, "Shorten it; the whole may stand in <content:encoded>."
    ),
    "long-text": Rule("warning", "Apple takes 255 characters.", APPLE, "Shorten it."),
    "advised-in-item": Rule("info", "It is recommended.", PSP, "Add it if you can."),
    # ---------------------------------------------------------------------------------------------- the podcast namespace
    "role": Rule(
        "warning",
        "Apps know the roles of the taxonomy, and show any other as host.",
        "podcast namespace: person",
        "Take a role from the podcast taxonomy: host, guest, audio editor …",
    ),
    "role-group": Rule("warning", "This role stands in another group of the taxonomy.", "podcast namespace: person"),
    "soundbite-length": Rule(
        "warning",
        "A soundbite of 15 to 120 seconds is recommended.",
        "podcast namespace: soundbite",
        "Choose a part of that length.",
    ),
    "soundbite-beyond": Rule(
        "error",
        "A soundbite lies within its episode.",
        "podcast namespace: soundbite",
        "Look at startTime and duration: both are in seconds.",
    ),
    "geo": Rule(
        "error",
        "A place on the map is a geo address: latitude, then longitude.",
        "podcast namespace: location",
        "Write geo:52.0787,4.3182.",
    ),
    "license-url": Rule(
        "error",
        "A licence that not everybody knows must say where its text stands.",
        "podcast namespace: license",
        'Add url="https://…", or name one of cc-by-4.0, cc-by-sa-4.0, arr …',
    ),
    "frequency-start": Rule(
        "error",
        "A COUNT counts from a day.",
        "podcast namespace: updateFrequency",
        'Add dtstart="2024-06-20", the day of the first episode.',
    ),
    "ai-content": Rule(
        "warning",
        "Apps know `true` and `false`.",
        "podcast namespace: txt",
        "Write `true` if a machine made words, voices or pictures, else `false`.",
    ),
    "owner-address": Rule(
        "info",
        "An e-mail address in a feed is collected by machines.",
        "podcast namespace: locked",
        "Leave `owner` out, unless the show is about to move to another host.",
    ),
    "no-alt": Rule(
        "info",
        "It is the only place in a feed where a picture can be told in words.",
        "podcast namespace: image",
        'Add alt="…": what is to be seen.',
    ),
    "alternate-default": Rule(
        "warning",
        "Of two defaults, each app picks its own.",
        "podcast namespace: alternateEnclosure",
        'Keep default="true" at the one that is the file of the enclosure.',
    ),
    "integrity": Rule(
        "error",
        "An app that checks it throws the file away.",
        "podcast namespace: integrity",
        "Write `sha256-`, `sha384-` or `sha512-`, and the digest in base64, as in Subresource Integrity.",
    ),
    "captions-type": Rule(
        "warning",
        "Captions need the time of each line.",
        "podcast namespace: transcript",
        "Give text/vtt or application/x-subrip, or leave `rel` out.",
    ),
    "transcript-repeated": Rule(
        "warning", "An app offers the same text twice.", "podcast namespace: transcript", "Keep one."
    ),
    "funding-text": Rule(
        "info", "Apps write it on the button.", "podcast namespace: funding", "Say what people do there: Word vriend."
    ),
    "live-end": Rule(
        "error", "A live item ends after it starts.", "podcast namespace: liveItem", "Look at the zones of both hours."
    ),
    "live-over": Rule(
        "info",
        "Apps go by the status, and show as live what is over.",
        "podcast namespace: liveItem",
        'Write status="ended", or take the item out once its episode is there.',
    ),
    "live-sound": Rule(
        "info",
        "Apps can only send people to a page.",
        "podcast namespace: liveItem",
        "Add an <enclosure> and a <podcast:alternateEnclosure> with the stream.",
    ),
    # ------------------------------------------------------------------------------------------------------------- in pages
    "page-loop": Rule(
        "error",
        "An app that follows it never comes to an end.",
        PAGES,
        "Lead to another page, or leave the link out on the last.",
    ),
    "page-complete": Rule(
        "error",
        "A reader that believes it forgets every episode of the other pages.",
        PAGES,
        "Take <fh:complete/> out of a feed in pages.",
    ),
    "page-serial": Rule(
        "warning",
        "New listeners begin with the oldest, and most apps know only the first page.",
        APPS,
        "Put a serial show on one page.",
    ),
    "paged": Rule(
        "info",
        "Apple, Spotify and most others read only the first page: its episodes are all that their listeners see.",
        APPS,
        "Put all on one page, as long as the feed has no more than some hundreds of episodes.",
    ),
    # ------------------------------------------------------------------------------------------------------------ chapters
    "chapter-start": Rule("error", "A start is a time: 00:41, 1:02:03 or 41.5.", PODLOVE, "Write HH:MM:SS.mmm."),
    "chapters-order": Rule("error", "Chapters follow one another.", PODLOVE, "Put them in order; no two at one place."),
    "chapters-beyond": Rule(
        "error", "A chapter begins within its episode.", PODLOVE, "If something was cut out, move the chapters along."
    ),
    "chapters-first": Rule(
        "warning", "Apple and Spotify want the first chapter at 0.", CHAPTERS, "Let the first chapter begin at 0."
    ),
    "chapters-few": Rule("info", "Apple and Spotify show chapters from three up.", CHAPTERS, "Make three, or none."),
    # --------------------------------------------------------------------------------------- what the feed names (--media)
    "unreachable": Rule(
        "error", "A listener who taps on it gets nothing.", APPLE, "Put the file there, or mend the address."
    ),
    "elsewhere": Rule(
        "info",
        "It is not beside this file, so it was not opened.",
        "weerslag",
        "Lint the feed by its address to have it opened.",
    ),
    "head": Rule(
        "error",
        "Apple asks for the head of a file before it takes it.",
        APPLE,
        "Let the server answer HEAD as it answers GET.",
    ),
    "ranges": Rule(
        "error",
        "Apple asks for byte ranges; without them nobody can seek.",
        APPLE,
        "Let the server answer Range with 206.",
    ),
    "length-differs": Rule(
        "error", "The length must be that of the file.", RSS, "Write the size of the file in bytes."
    ),
    "served-type": Rule(
        "warning", "The server calls the file something else than the feed does.", APPLE, "Set the type at the server."
    ),
    "cors": Rule(
        "warning",
        "A player in a browser may not read it.",
        "podcast namespace: transcript, chapters",
        "Send `Access-Control-Allow-Origin: *` with it.",
    ),
    "sound": Rule("error", "What cannot be decoded cannot be heard.", APPLE, "Encode it again."),
    "integrity-differs": Rule(
        "error",
        "An app that checks it throws the file away.",
        "podcast namespace: integrity",
        "Make the digest anew, from the file as it is served.",
    ),
    "duration-differs": Rule(
        "warning",
        "Apps show a length that is not that of the sound.",
        APPLE,
        "Write the length as decoded, in whole seconds.",
    ),
    "artwork": Rule("error", "Artwork must be a JPEG or a PNG.", ARTWORK, "Save it as JPEG."),
    "artwork-size": Rule("error", "Artwork is 1400 to 3000 pixels wide.", ARTWORK, "3000 × 3000 is preferred."),
    "artwork-shape": Rule("error", "Artwork is square.", ARTWORK, "Cut it square."),
    "artwork-colour": Rule("error", "Artwork is RGB.", ARTWORK, "Save it as RGB; CMYK is for the printer."),
    "artwork-alpha": Rule("error", "Artwork has no transparency.", ARTWORK, "Put it on a ground."),
    "artwork-ending": Rule(
        "error", "The name must end as the picture is made.", ARTWORK, "Call a JPEG .jpg and a PNG .png."
    ),
    "transcript": Rule(
        "error", "One bad line and AntennaPod drops the whole transcript.", "podcast namespace: transcript"
    ),
    "transcript-beyond": Rule(
        "error",
        "A transcript ends with its episode.",
        "podcast namespace: transcript",
        "If something was cut out, move the transcript along.",
    ),
    "chapters": Rule(
        "error",
        "Chapters that cannot be read are not shown.",
        "podcast namespace: chapters",
        "Write JSON chapters 1.2.",
    ),
}
