"""The receipt of a forgetting: what was removed, where, with digests, and what is left; without the name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.content.forgetting.plan import ForgetStep
from pipeline.publish.forget_journal import ForgetJournal
from pipeline.typesetting import load_translator, translate_sentence

_SHOWN_DIGITS = 16
_SHOWN_FILES = 200
_TITLES = {
    "person": "A person was removed",
    "episode": "An episode was removed",
    "reflection": "A reflection was removed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """What may still have the name, beside the files that were found."""

    backups: Sequence[str] = ()  # targets that this machine knows
    at_targets: Sequence[str] = ()  # addresses of files that still have it
    store: str = ""  # address of the shared store of the cache, which is not searched; empty: none
    has_git: bool = False  # the sources are in git
    has_magazine: bool = False  # a magazine may have been printed
    has_participants: bool = False  # pages for participants are published to a target of their own


def render_receipt(journal: ForgetJournal, facts: ReceiptFacts, *, language: str, mask: Callable[[str], str]) -> str:
    """Render the receipt in Markdown.

    Args:
        journal: What was done.
        facts: What may be left.
        language: Of the programme.
        mask: Removes the name from a text.
    """
    translate = load_translator(language)
    lines = [f"# {translate(_TITLES[journal.kind])}", "", f"{translate('Date')}: {journal.day}", ""]
    lines += [f"## {translate('In the sources')}", "", *_list_steps(journal.steps, language), ""]
    lines += [f"## {translate('Files, with their digests')}", "", *_list_digests(journal, translate), ""]
    lines += [f"## {translate('In the cache')}", ""]
    lines += [translate("files deleted: {count}").format(count=journal.cache_files), ""]
    lines += [f"## {translate('At the targets')}", "", *_list_removed(journal, translate), ""]
    lines += [f"## {translate('In the publication log')}", ""]
    lines += [f"- {translate('an entry without the name')}: {digest[:_SHOWN_DIGITS]}" for digest in journal.log_entries]
    lines += [translate("nothing") if not journal.log_entries else "", ""]
    lines += [f"## {translate('What is left, and what to do')}", ""]
    lines += [*_list_steps(journal.left, language), *(f"- {one}" for one in facts.at_targets)]
    lines += [f"- {one}" for one in _list_remains(facts, translate)]
    return mask("\n".join(lines).rstrip("\n") + "\n")


def _list_steps(steps: Sequence[ForgetStep], language: str) -> Iterator[str]:
    for step in steps:
        yield f"- `{step.where}`: {translate_sentence(step.what, language=language)}"


def _list_digests(journal: ForgetJournal, translate: Callable[[str], str]) -> Iterator[str]:
    for change in journal.changes:
        text = translate("changed; digest before: {digest}")
        if change.new_base64 is None:
            text = translate("deleted; digest before: {digest}")
        if change.moved_to and change.new_base64 is None:
            text = translate("moved; digest before: {digest}")
        target = f" → `{change.moved_to}`" if change.moved_to else ""
        yield f"- `{change.path}`{target}: {text.format(digest=change.old_sha256[:_SHOWN_DIGITS])}"


def _list_removed(journal: ForgetJournal, translate: Callable[[str], str]) -> Iterator[str]:
    if not journal.removed:
        yield translate("It was never published.")
    for target, paths in journal.removed.items():
        yield f"- {target}: {translate('brought up to date; files removed: {count}').format(count=len(paths))}"
        yield from (f"  - `{path}`" for path in paths[:_SHOWN_FILES])
        if len(paths) > _SHOWN_FILES:
            yield "  - …"


def _list_remains(facts: ReceiptFacts, translate: Callable[[str], str]) -> Iterator[str]:
    for target in facts.backups:
        yield translate(
            "The backup at {target} holds it in its versions: delete that backup, and make a new one (weerslag backup)."
        ).format(target=target)
    if not facts.backups:
        yield translate("Backups that you made in another way hold it: delete them, and make new ones.")
    if facts.has_git:
        yield translate(
            "Earlier versions in git hold it, in every clone. Commit these changes first. Who must have it out of the "
            "history too: docs.github.com, “Removing sensitive data from a repository”."
        )
    if facts.has_participants:
        yield translate("Pages for participants are at a target of their own: publish them again, with --participants.")
    if facts.has_magazine:
        yield translate("Printed magazines cannot be recalled; PDFs and EPUBs that people downloaded, neither.")
    if facts.store:
        text = translate("The shared store of the cache at {store} is not searched: empty it, and build again.")
        yield text.format(store=facts.store)
    yield translate(
        "Apps and directories keep copies for hours or days; episodes that people downloaded stay with them. "
        "Who copied it on your behalf must be told (GDPR, article 17.2)."
    )
