"""Writes docs/linter.md from the linter's table of rules; `./dev docs` puts it there, test_docs.py keeps it fresh."""

import sys

from pipeline.lint.media_rules import NAMING
from pipeline.lint.rules import RULES
from pipeline.lint.tags import TAGS
from pipeline.lint.value_types import KINDS

HEAD = """\
# What the feed linter says

Written by `./dev docs` from the tables in `pipeline/lint/`; change it there.

`weerslag lint FEED` reads any podcast feed, ours or not, from a file or an address, and says what apps and directories will
stumble over: `file:line:column: severity: what. Why. [whose rule it is] (code)`, then what to do. It leaves with 1 if there is an
error and with 0 if there are warnings at most. `--media` opens what the feed names as well, `--advice` tells what is merely
recommended, `--json` prints a list of `{code, severity, where, message, hint}`. Each build lints its own feed before it
replaces anything: an error stops it with exit code 4, a warning is a step.

It reads bytes, and opens nothing that it was not given: no entity is expanded, no address fetched unless FEED is one. Of one
code at most a hundred are told, and the rest counted. Feeds over 64 million bytes are not read.

Sources: RSS 2.0 (rssboard.org), XML 1.0, PSP-1 (Podcast Standards Project, August 2023), Apple (podcasters.apple.com 823,
896, 4115, 5482), the podcast namespace (podcastindex.org, docs/1.0.md and docs/tags), Podlove Simple Chapters 1.2, RFC 5005. *What podcast
apps do* is what was seen in their code or their trackers. Where a rule says *the source of the element*, a finding names it:
`podcast namespace: person`.

## Codes

"""


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join([*_codes(), "", "## Elements", "", *_elements()]) + "\n"


def _codes():
    yield "| code | severity | why | source | what to do |"
    yield "|---|---|---|---|---|"
    for code, rule in RULES.items():
        yield f"| `{code}` | {rule.severity} | {_cell(rule.why)} | {_cell(rule.source)} | {_cell(rule.hint) or '*as told*'} |"


def _elements():
    yield "Elements of these namespaces that are not in this table are told as `unknown-tag`; foreign namespaces are left alone."
    yield "An attribute in **bold** must be there. What stands in an `item` may stand in a `podcast:liveItem`."
    opened = ", ".join(f"`{name}`" for _, name, _ in NAMING)
    yield f"`--media` opens {opened}."
    yield ""
    yield "| element | in | at most | says | attributes | must hold |"
    yield "|---|---|---|---|---|---|"
    for name, tag in TAGS.items():
        parents = ", ".join(sorted(tag.parents - ({"podcast:liveItem"} if "item" in tag.parents else set())))
        says = KINDS[tag.value].says if tag.value else ""
        attributes = ", ".join(f"**{one.name}**" if one.needed else one.name for one in tag.attributes)
        yield f"| `{name}` | {parents} | {tag.most or 'any'} | {_cell(says)} | {attributes} | {', '.join(tag.needs)} |"


def _cell(text: str) -> str:
    """Text for a cell: an element outside back ticks would be taken for HTML."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if number % 2 else part.replace("<", "\\<") for number, part in enumerate(parts))


if __name__ == "__main__":
    sys.stdout.write(page())
