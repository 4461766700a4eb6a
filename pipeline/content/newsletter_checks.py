"""Rules for newsletters: what they refer to exists and is public, and each link says where it leads."""

import re
from collections.abc import Callable, Iterator

from pipeline.content.check_helpers import check_event_exists, collect_values, find_duplicates, find_hidden_events
from pipeline.content.content_files import ContentFile, ProgrammeFiles, extract_body
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.schema.newsletter import TARGET, NewsletterSchema
from pipeline.errors import ValidationError, fill
from pipeline.text import suggest_similar
from pipeline.typesetting import find_images

_WHOLE_FILE = (0, 0)  # line and column
_LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(")
_VAGUE = re.compile(  # source: WCAG 2.2, technique G91
    r"\W*(?:(?:klik|kijk|lees|luister|meer|verder|hier|dit|deze|link|info|informatie|ga naar|bekijk|open|click|read|more|here|"
    r"this|learn|see|view|listen|page|pagina|site|website|voor|for|the|de|het)\b\W*)+\Z",
    re.IGNORECASE,
)
_SAY_WHERE = "say where it leads, so that the link is clear without the text around it"


def _check_references(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Check that each block and each button refers to an item that its readers can open."""
    hidden = find_hidden_events(files)
    for newsletter in files.newsletters:
        yaml = newsletter.yaml
        for kind in ("story", "episode", "event"):
            for loc, ref in yaml.find("blocks", None, kind):
                yield from _check_reference(files, yaml, loc, kind, ref, hidden)
        for loc, target in yaml.find("blocks", None, "button", "to"):
            found = TARGET.match(target.strip()) if isinstance(target, str) else None
            if found and found["kind"]:
                yield from _check_reference(files, yaml, loc, found["kind"], found["ref"], hidden)


def _check_reference(
    files: ProgrammeFiles, yaml: LocatedYaml, loc: Loc, kind: str, ref: object, hidden: set[str]
) -> Iterator[ValidationError]:
    if not isinstance(ref, str):
        return
    ref, event = ref.strip(), ref.strip()
    if kind == "event":
        yield from check_event_exists(files, yaml, loc, ref)
    else:
        texts = files.stories if kind == "story" else tuple(one.file for one in files.episodes)
        text = next((one for one in texts if one.slug == ref), None)
        if text is None:
            message = fill(
                "there is no story `{slug}`" if kind == "story" else "there is no episode `{slug}`", slug=ref[:80]
            )
            yield yaml.create_error("unknown-item", loc, message, suggest_similar(ref, [one.slug for one in texts]))
            return
        event = str(text.yaml.get(("event",)) or "").strip() if kind == "story" else ""
        day, published = yaml.get(("date",)), text.yaml.get(("published",))
        if isinstance(day, str) and isinstance(published, str) and published.strip()[:10] > day.strip()[:10]:
            message = fill("the episode is published after this newsletter, on {day}", day=published.strip()[:10])
            yield yaml.create_error("not-published", loc, message, "change one of the two dates")
    if event in hidden:
        message = fill("the event `{event}` is for participants, and a newsletter is public", event=event)
        yield yaml.create_error("for-participants", loc, message, "remove the block")


def _check_numbers(files: ProgrammeFiles) -> Iterator[ValidationError]:
    all_yaml = [one.yaml for one in files.newsletters]
    yield from find_duplicates(collect_values(all_yaml, "number"), "two newsletters have the number")


def _check_pictures(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Refuse pictures in the text, which mail programs would load from the site in any size."""
    for newsletter in files.newsletters:
        for image in find_images(newsletter.body_md):
            source = newsletter.yaml.source
            message = fill("a newsletter shows no picture in its text: `{source}`", source=image.source[:80])
            hint = "remove it: the blocks of stories and events show their own picture"
            yield source.create_error(
                "picture-in-newsletter", *(source.find(image.source) or _WHOLE_FILE), message, hint
            )


RULES: tuple[Callable[[ProgrammeFiles], Iterator[ValidationError]], ...] = (
    _check_references,
    _check_numbers,
    _check_pictures,
)


def check_newsletters(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Yield a warning for each vague link, and for an intro that is shown nowhere or has no text."""
    for newsletter in files.newsletters:
        yield from _check_links(newsletter)
        yield from _check_intro(newsletter)
    yield from _check_placeholders(files)


def _check_links(newsletter: ContentFile[NewsletterSchema]) -> Iterator[ValidationError]:
    yaml, body = newsletter.yaml, extract_body(newsletter.yaml.source)
    texts = [(found[1], body.locate(found.start(1))) for found in _LINK.finditer(body.text)]
    for path in (("blocks", None, "button", "text"), ("blocks", None, "tips", None, "source", "title")):
        texts += [(value, yaml.locate(loc)) for loc, value in yaml.find(*path) if isinstance(value, str)]
    for text, position in texts:
        if _VAGUE.match(text):
            message = fill("vague link text: “{text}”", text=" ".join(text.split())[:60])
            yield yaml.source.create_warning("vague-link", *position, message, _SAY_WHERE)


def _check_intro(newsletter: ContentFile[NewsletterSchema]) -> Iterator[ValidationError]:
    schema = newsletter.validated
    if schema is None:
        return
    has_block = any(block.get_kind() == "intro" for block in schema.blocks)
    if has_block != bool(newsletter.body_md.strip()):
        message = (
            "there is no text below the front matter for the block `intro`"
            if has_block
            else "the text below the front matter is shown nowhere"
        )
        hint = "write the intro there, or remove the block" if has_block else "add `- intro` to `blocks`"
        yield newsletter.yaml.source.create_warning("intro", *newsletter.yaml.locate(("blocks",)), message, hint)


def _check_placeholders(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Warn about newsletters that nobody can unsubscribe from."""
    programme, yaml = files.programme.validated, files.programme.yaml
    if programme is None or not files.newsletters:
        return
    settings = programme.newsletter
    if settings is None or (settings.service == "spotler" and not settings.placeholders.unsubscribe):
        loc: Loc = ("newsletter",) if settings else ()
        message = "newsletters have no link to unsubscribe"
        hint = (
            "copy the code of the link from the editor of the mail service to `placeholders: {unsubscribe: …}`"
            if settings
            else "add `newsletter: {service: …, sender: …, reason: …}`"
        )
        yield yaml.source.create_warning("no-unsubscribe", *(yaml.locate(loc) if loc else (1, 1)), message, hint)
