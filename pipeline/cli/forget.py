"""``weerslag forget``."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from pipeline.cache import Cache, write_atomic
from pipeline.cache.descendants import delete_small_files, has_text_in_cache
from pipeline.cli.build_runner import run_build_locked
from pipeline.cli.environment import describe_process, get_current_time, open_cache
from pipeline.cli.json_output import report_json_errors
from pipeline.cli.language import translate, translate_message
from pipeline.cli.output import print_error, print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.cli.publish_output import print_finding, print_removal
from pipeline.content.forgetting.item import find_item, plan_item
from pipeline.content.forgetting.names import NamePattern
from pipeline.content.forgetting.person import TREATMENTS, build_person_pattern, choose_replacement, plan_person
from pipeline.content.forgetting.plan import ForgetPlan, ForgetStep
from pipeline.content.loader import read_valid_files
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.errors import GateError, fill
from pipeline.publish.candidate import build_candidate
from pipeline.publish.forget_journal import (
    ForgetJournal,
    apply_changes,
    delete_journal,
    extend_journal,
    read_journal,
    require_same,
    start_journal,
    write_journal,
)
from pipeline.publish.forget_receipt import ReceiptFacts, render_receipt
from pipeline.publish.forget_run import (
    TargetRemains,
    clear_cache,
    clear_voice,
    find_remains,
    list_backup_targets,
    list_recording_digests,
    publish_everywhere,
    publish_participant_pages,
    redact_log,
)
from pipeline.publish.gates import GateFinding
from pipeline.publish.publish_run import PublishRun
from pipeline.publish.removal import TargetRemoval
from pipeline.publish.target_addresses import list_participant_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What somebody asked for, and how it is recognised."""

    root: Path
    cache: Cache
    asked: str
    also: tuple[str, ...]  # more spellings
    kind: str  # person | episode | reflection
    pattern: NamePattern | None  # of a person
    word: str  # in place of the name
    language: str
    has_participants: bool  # whether an event is for participants only
    plan: ForgetPlan
    journal: ForgetJournal | None  # of an interrupted forgetting

    def has_name(self, text: str) -> bool:
        return self.pattern is not None and self.pattern.has_name(text)

    def has_path(self, path: str) -> bool:
        if self.kind != "episode":
            return self.has_name(path)
        slugs = (*self.plan.episodes, *(self.journal.episodes if self.journal else ()))
        return path.startswith(tuple(part for slug in slugs for part in (f"episodes/{slug}/", f"audio/{slug}-")))

    def redact(self, text: str) -> str:
        return self.pattern.replace(text, self.word) if self.pattern else text

    def mask(self, text: str) -> str:
        return self.pattern.hide(text) if self.pattern else text

    @property
    def log_lines(self) -> tuple[int, ...]:
        """The lines of the publication log that have the name."""
        path = self.root / LOG_FILE
        lines = path.read_bytes().split(b"\n") if path.is_file() else []
        return tuple(n for n, line in enumerate(lines, 1) if self.has_name(line.decode("utf-8", "replace")))


@click.command(
    epilog="""\b
Examples: weerslag forget "Anna de Vries"
          weerslag forget "Anna de Vries" --sound cut --yes
          weerslag forget "Anna de Vries" --also "A. de Vries" --yes
          weerslag forget 02-welvaart-dichtbij --yes
          weerslag forget burger-centraal/tafel-3 --yes"""
)
@click.argument("what", metavar="NAME|EPISODE|REFLECTION")
@click.option("--yes", is_flag=True, help="Carry it out; without this, only the plan is shown.")
@click.option(
    "--sound",
    "treatment",
    type=click.Choice([*TREATMENTS]),
    default="bleep",
    show_default=True,
    help="What happens to the voice. The name in the mouth of others is always bleeped.",
)
@click.option("--also", multiple=True, metavar="SPELLING", help="Another spelling that is this person; repeatable.")
@click.option(
    "--replacement", default="", metavar="WORD", help="What stands for the name in texts [default: iemand, somebody]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@report_json_errors
def forget(
    root: Path,
    what: str,
    *,
    yes: bool,
    treatment: str,
    also: tuple[str, ...],
    replacement: str,
    as_json: bool,
) -> None:
    """Remove a person, an episode or a reflection everywhere, with a receipt.

    Sound, transcript, quotes, pictures, credits, drafts, documents, cache, publication log, and every target that was
    published to, old addresses too. Recordings are never changed. Interrupted? Repeat the same command.
    """
    with contextlib.ExitStack() as stack:
        cache = open_cache(root)
        if yes:
            _resume(root, cache, " | ".join((what, *sorted(also))))
        request = _read_request(root, cache, what, treatment=treatment, also=also, replacement=replacement)
        is_empty = not request.plan.has_work and request.journal is None and not request.log_lines
        if is_empty and not has_text_in_cache(cache, request.has_name):
            _print_nothing(request, as_json=as_json)
            return
        if not yes or request.plan.problems:
            _print_plan(request, as_json=as_json)
            if request.plan.problems:
                stack.close()
                click.get_current_context().exit(GateError.exit_code)
            return
        reporter = stack.enter_context(open_reporter(why=False, quiet=as_json))
        code = _carry_out(request, reporter, as_json=as_json)
    click.get_current_context().exit(code)


def _resume(root: Path, cache: Cache, asked: str) -> None:
    """Finish the changes of sources that an interrupted forgetting began: its plan counts.

    Raises:
        GateError: It is about something else.
    """
    if journal := read_journal(cache):
        require_same(journal, asked)
        with cache.lock(holder=describe_process(), wait=True, waiting=lambda _: None):
            apply_changes(root, journal)


def _read_request(
    root: Path, cache: Cache, asked: str, *, treatment: str, also: tuple[str, ...], replacement: str
) -> _Request:
    """Find out what is meant, and plan it.

    Raises:
        ContentError: The content has errors.
        UsageError: It is not a name.
    """
    journal = read_journal(cache)
    files = read_valid_files(root)
    programme, word = files.programme.require_validated(), replacement or choose_replacement(files)
    item = find_item(files, asked) if journal is None or journal.kind != "person" else None
    kind, pattern, plan = journal.kind if journal else "person", None, ForgetPlan()
    if item is not None:
        kind, plan = item.kind, plan_item(root, files, item, cache_folder=cache.folder)
    elif kind == "person":
        pattern = build_person_pattern(files, asked, also)
        if journal:  # the programme may not know a single word any more
            pattern = replace(pattern, certain=build_person_pattern(files, asked, (asked, *also)).certain)
        plan = plan_person(
            root, files, asked, also=also, treatment=treatment, replacement=word, cache_folder=cache.folder
        )
    return _Request(
        root=root,
        cache=cache,
        asked=asked,
        also=also,
        kind=kind,
        pattern=pattern,
        word=word,
        language=programme.language,
        has_participants=any(event.visibility == "participants" for event in programme.events),
        plan=plan,
        journal=journal,
    )


def _carry_out(request: _Request, reporter: TerminalReporter, *, as_json: bool) -> int:
    """Change the sources, clear the cache, build, publish, redact the log, and write the receipt; return the exit code."""
    root, cache, now = request.root, request.cache, get_current_time()
    with cache.lock(holder=describe_process(), wait=True, waiting=reporter.print_waiting):
        asked = " | ".join((request.asked, *sorted(request.also)))
        journal = request.journal or start_journal(root, asked, kind=request.kind, day=f"{now.astimezone():%Y-%m-%d}")
        recordings = list_recording_digests(root, cache, request.plan.episodes)
        journal = write_journal(cache, extend_journal(journal, request.plan, recordings=recordings))
        apply_changes(root, journal)
        for step in request.plan.steps:
            reporter.print_line(f"{step.where}: {translate_message(step.what)}")
        journal = clear_cache(cache, journal, request.has_name)
    with run_build_locked(root, cache=cache, now=now, reporter=reporter, workers="processes") as build:
        for _, error in build.failures:
            print_error(error)
        if build.failures:
            return 1
        candidate = build_candidate(build.outline, root=root, cache=cache, now=now, findings=build.findings)
        run = PublishRun(
            root=root,
            cache=cache,
            candidate=candidate,
            report_target=lambda address: reporter.print_line(f"{translate('target'):<10}{address}"),
            report_finding=lambda one: _print_blocking(one, reporter),
        )
        journal, removals = publish_everywhere(run, journal, lambda one: print_removal(one, reporter))
        removals += publish_participant_pages(root, cache)
        journal = clear_voice(cache, journal, request.has_name)
        if any(one.problem for one in removals):
            reporter.print_line(translate("not finished: repeat this command when that target works"))
            if as_json:
                print_json(
                    {"done": False, "problems": [f"{one.target}: {one.problem}" for one in removals if one.problem]}
                )
            return 1
        journal = redact_log(root, cache, journal, request.redact)
        remains = find_remains(run, request.has_path, request.pattern)
        _write_receipt(request, journal, remains)
    delete_small_files(cache, request.has_name)
    delete_journal(cache)
    _print_end(request, journal, remains, removals, reporter, as_json=as_json)
    return 1 if remains else 0


def _write_receipt(request: _Request, journal: ForgetJournal, remains: tuple[TargetRemains, ...]) -> None:
    facts = ReceiptFacts(
        backups=list_backup_targets(request.root, request.cache),
        at_targets=[f"{one.target}/{one.path}".rstrip("/") for one in remains],
        store=request.cache.store.address if request.cache.store else "",
        has_git=(request.root / ".git").exists(),
        has_magazine=(request.root / "magazine" / "magazine.yaml").is_file(),
        has_participants=request.has_participants and not list_participant_targets(request.cache),
    )
    receipt = render_receipt(journal, facts, language=request.language, mask=request.mask)
    write_atomic(request.root / journal.receipt, receipt.encode())


def _print_nothing(request: _Request, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": False, "steps": [], "possible": _list_possible(request.plan)})
        return
    _print_possible(request.plan)
    line = fill("nothing to do: “{what}” is not found; check the spelling", what=request.asked)
    if request.plan.possible:
        line = fill(
            "nothing to do: “{what}” is not sure to be there; give the whole name, or --also", what=request.asked
        )
    click.echo(translate(line), err=True)


def _print_plan(request: _Request, *, as_json: bool) -> None:
    plan = request.plan
    targets = read_publication_log(request.root / LOG_FILE).list_targets()
    if as_json:
        print_json({"done": False, **_to_json(plan), "targets": [*targets], "log_lines": [*request.log_lines]})
        return
    for step in plan.steps:
        click.echo(f"{step.where}: {translate_message(step.what)}")
    for number in request.log_lines:
        click.echo(f"{LOG_FILE}:{number}: {translate('the name is replaced in this entry, and in its copies')}")
    for target in targets:
        click.echo(f"{target}: {translate('is brought up to date; what nothing refers to any more is removed')}")
    click.echo(translate("cache: what was made of these files is deleted, and made again"))
    _print_possible(plan)
    for step in plan.left:
        click.echo(f"{translate('stays')}: {step.where}: {translate_message(step.what)}")
    for problem in plan.problems:
        click.echo(f"{problem.where}: error: {translate(problem.message)}", err=True)
        if problem.hint:
            click.echo(f"  hint: {translate(problem.hint)}", err=True)
    if plan.problems:
        click.echo(translate("nothing was changed: solve this first"), err=True)
    else:
        click.echo(translate("only a plan: nothing was changed; --yes carries it out"), err=True)


def _print_possible(plan: ForgetPlan) -> None:
    for one in plan.possible:
        line = translate("possible, nothing is done: “{text}”; if it is this person: --also")
        click.echo(f"{one.where}: {line.format(text=one.text)}")


def _print_blocking(finding: GateFinding, reporter: TerminalReporter) -> None:
    """Print a gate that stops the upload to a target."""
    if finding.severity == "error" and not finding.accepted:
        print_finding(finding, reporter)


def _print_end(
    request: _Request,
    journal: ForgetJournal,
    remains: tuple[TargetRemains, ...],
    removals: tuple[TargetRemoval, ...],
    reporter: TerminalReporter,
    *,
    as_json: bool,
) -> None:
    if as_json:
        document = {"done": True, **_to_json(request.plan), "receipt": journal.receipt}
        document["targets"] = [{"target": one.target, "removed": [*one.removed]} for one in removals]
        document["left_at_targets"] = [f"{one.target}/{one.path}".rstrip("/") for one in remains]
        print_json(document)
        return
    _print_possible(request.plan)
    for step in request.plan.left:
        reporter.print_line(f"{translate('stays')}: {step.where}: {translate_message(step.what)}")
    for one in remains:
        where = f"{one.target}/{one.path}".rstrip("/")
        reporter.print_line(f"{translate('still there')}: {where} {translate(one.problem)}".rstrip())
    reporter.print_line(translate("done; the receipt is {path}").format(path=journal.receipt))


def _list_possible(plan: ForgetPlan) -> list[dict[str, str]]:
    return [{"where": one.where, "text": one.text} for one in plan.possible]


def _to_json(plan: ForgetPlan) -> dict[str, Any]:
    def show(steps: tuple[ForgetStep, ...]) -> list[dict[str, str]]:
        return [{"where": one.where, "what": one.what.text.format_map(one.what.figures)} for one in steps]

    return {
        "steps": show(plan.steps),
        "possible": _list_possible(plan),
        "left": show(plan.left),
        "problems": [{"where": one.where, "message": f"{one.message}", "hint": f"{one.hint}"} for one in plan.problems],
    }
