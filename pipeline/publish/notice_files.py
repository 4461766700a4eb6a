"""What others must be told when a feed moves or an episode is withdrawn: files and letters, ready to be used."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pipeline.model import Output
from pipeline.typesetting import words

DIRECTORIES = (
    ("Apple Podcasts", "https://podcastsconnect.apple.com/"),
    ("Spotify", "https://creators.spotify.com/"),
    ("Podcast Index", "https://podcastindex.org/"),
)


def render_moves(moves: Sequence[tuple[str, str]]) -> tuple[Output, ...]:
    """How the servers of old addresses send apps on: 301, for the feed and for all that stood beside it.

    ``moves`` are pairs of the old and the new address of a feed; none: no files.
    """
    if not moves:
        return ()
    files = {"nginx.conf": "", "apache.htaccess": "", "_redirects": ""}
    for old, new in moves:
        source, target = urlsplit(old).path.rpartition("/")[0] + "/", new.rpartition("/")[0] + "/"
        because = f"# {old} moved. Keep this for ever: an app may come by after years.\n"
        begins = re.escape(source)
        files["nginx.conf"] += (
            f"{because}location ^~ {source} {{\n    rewrite ^{begins}(.*)$ {target}$1 permanent;\n}}\n"
        )
        files["apache.htaccess"] += f"{because}RedirectMatch permanent ^{begins}(.*)$ {target}$1\n"
        files["_redirects"] += f"{because}{source}* {target}:splat 301\n"
    return tuple(Output(path=f"press/moved/{name}", content=text.encode()) for name, text in files.items())


def render_withdrawal(
    *, language: str, programme: str, feed: str, withdrawn: Sequence[tuple[str, str]]
) -> tuple[Output, ...]:
    """A letter to directories: which episode is gone, by guid and address, and no name of anybody.

    ``withdrawn`` are pairs of a guid and the address of the sound that it had.
    """
    say = words(language)
    told = [
        say("Withdrawn from {programme}").format(programme=programme),
        say(
            "The episode below was withdrawn. Please remove it from your index, with its sound, picture and transcript."
        ),
        f"{say('Feed')}: {feed}",
    ]
    for guid, address in withdrawn:
        told += [f"guid: {guid}\n{say('Sound')}: {address}"]
    where = "\n".join(f"- {name}: {address}" for name, address in DIRECTORIES)
    told.append(f"{say('Where to send this')}:\n{where}")
    told.append(say("Copies that people downloaded, and printed magazines, cannot be called back."))
    name = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(guid for guid, _ in withdrawn))[:80]
    return (Output(path=f"press/withdrawn/{name}.txt", content=("\n\n".join(told) + "\n").encode()),)
