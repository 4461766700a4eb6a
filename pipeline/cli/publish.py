"""``weerslag publish``: bring public/ to where listeners get it, and say what was done."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from pipeline import urls
from pipeline.builder import Built, Progress
from pipeline.cache import Store, write_whole
from pipeline.cli import print_json, tell
from pipeline.cli.build_runner import brought_up_to_date
from pipeline.cli.environment import now, store_of
from pipeline.cli.json_output import documented, plain_error
from pipeline.cli.progress import Talker, talker
from pipeline.errors import ContentError, GateError
from pipeline.model import Step, to_plain
from pipeline.model.build_outline import Outline
from pipeline.publish import (
    FIRM,
    Books,
    Candidate,
    Notice,
    Objection,
    Plan,
    Target,
    Wishes,
    candidate_of,
    carry_out,
    letters_of,
    notify,
    open_books,
    open_target,
    prepare,
    read_ledger,
)


@click.command(
    epilog="""\b
Examples: weerslag publish /srv/www/podcast --dry-run
          weerslag publish /srv/www/podcast
          weerslag publish /srv/www/podcast --accept date-changed --reason "was a day early"
          weerslag publish s3://podcasts/ambtenaar-van-nu
          weerslag publish sftp://web@www.example.org/srv/www/podcast
          weerslag publish /srv/www/podcast --withdraw 02-welvaart-dichtbij"""
)
@click.argument("target", metavar="TARGET")
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan and every objection, and change nothing.")
@click.option("--accept", multiple=True, metavar="CODE", help="Let this gate pass; may be given more than once.")
@click.option("--reason", default="", metavar="TEXT", help="Why: it is written to the ledger, with the code.")
@click.option("--withdraw", multiple=True, metavar="EPISODE", help="Take an episode away for good, sound and all.")
@click.option("--moved-from", default="", metavar="URL", help="The old address of the feed: it moves on purpose.")
@click.option("--served", is_flag=True, help="Ask the web server for all that the feed names, before it names it.")
@click.option(
    "--notify", "wants_notices", is_flag=True, help="Tell the Podcast Index, and the hub that the feed names."
)
@click.option(
    "--prune", is_flag=True, help="Remove media that no feed named for `grace_days` of programme.yaml [default: 30]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@documented
def publish(
    root: Path,
    target: str,
    *,
    dry_run: bool,
    accept: tuple[str, ...],
    reason: str,
    withdraw: tuple[str, ...],
    moved_from: str,
    served: bool,
    wants_notices: bool,
    prune: bool,
    as_json: bool,
) -> None:
    """Bring public/ to TARGET, a folder, s3://bucket/prefix or sftp://user@host/path: gates first, media before pages, the feed last, then the ledger."""
    if bool(accept) != bool(reason.strip()):
        raise click.UsageError("--accept and --reason belong together")
    if moved_from and not moved_from.startswith(("https://", "http://")):
        raise click.UsageError("--moved-from is the address where the feed was: https://…/feed.xml")
    wishes = Wishes(accept=accept, reason=reason.strip(), withdraw=withdraw, moved_from=moved_from, prune=prune)
    store, place = store_of(root), open_target(target, root=root)
    order = _Order(root=root, store=store, place=place, hour=now(), wishes=wishes, dry_run=dry_run, served=served)
    with contextlib.closing(place), talker(why=False, quiet=as_json) as talk:
        done = order.carried_out(talk, as_json=as_json)
        notices = notify(done.plan.feed) if wants_notices and done.published and done.plan.feed is not None else ()
        if as_json:
            told = {"letters": list(done.letters), "notices": [to_plain(notice) for notice in notices]}
            print_json({**_as_plain(done.plan, done.built), "published": done.published, **told})
        else:
            _tell_outcome(done, notices, talk, dry_run=dry_run)
    if done.plan.blocking:
        click.get_current_context().exit(GateError.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What came of it."""

    built: Built
    plan: Plan
    published: bool
    letters: tuple[str, ...]  # paths
    wishes: Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What was asked for."""

    root: Path
    store: Store
    place: Target
    hour: datetime
    wishes: Wishes
    dry_run: bool
    served: bool

    def carried_out(self, talk: Talker, *, as_json: bool) -> _Done:
        """Build, plan, tell every objection, and publish if none of them stops it."""
        workers = f"processes:{os.cpu_count() or 1}"
        with (
            _faults_are_a_gate(),
            brought_up_to_date(
                self.root, store=self.store, hour=self.hour, talk=talk, workers=workers, dry_run=self.dry_run
            ) as built,
        ):
            if built.failures:
                _stop(built, self.place.name, as_json=as_json)
            books = open_books(self.root, store=self.store, target=self.place.name)
            plan = prepare(self._candidate(built), self.place, books, self.wishes)
            for objection in plan.objections:
                _tell_objection(objection, talk)
            for code in sorted({*self.wishes.accept} - {one.code for one in plan.objections}):
                talk.say(f"--accept {code}: warning: nothing has that code, so there was nothing to accept")
            line = None
            if not plan.blocking and not self.dry_run:
                say, base = _teller(plan, talk), built.outline.url
                line = carry_out(plan, self.place, base=base, books=books, say=say, served=self.served)
            letters = _letters(books, built.outline, self.root) if line is not None else ()
        return _Done(built=built, plan=plan, published=line is not None, letters=letters, wishes=self.wishes)

    def _candidate(self, built: Built) -> Candidate:
        return candidate_of(
            built.outline,
            root=self.root,
            store=self.store,
            now=self.hour,
            stale=_stale(built) if self.dry_run else (),
            findings=built.findings,
        )


def _tell_outcome(done: _Done, notices: Sequence[Notice], talk: Talker, *, dry_run: bool) -> None:
    for path in done.letters:
        talk.say(f"{'written':<10}{path}")
    for notice in notices:
        talk.say(f"{'told':<10}{notice.to}" if not notice.trouble else f"{notice.to}: warning: {notice.trouble}")
    _conclude(done, talk, dry_run=dry_run)


def _stop(built: Built, target: str, *, as_json: bool) -> NoReturn:
    """Nothing is published of a build that failed."""
    if as_json:
        failures = [{"subject": step.subject, **plain_error(error)["error"]} for step, error in built.failures]
        print_json({"target": target, "published": False, "failures": failures})
    for _, error in built.failures:
        tell(error)
    raise click.exceptions.Exit(1)


@contextlib.contextmanager
def _faults_are_a_gate() -> Iterator[None]:
    try:
        yield
    except ContentError as error:
        error.exit_code = GateError.exit_code
        raise


def _letters(books: Books, outline: Outline, root: Path) -> tuple[str, ...]:
    """The paths of the letters that this publish gave reason for; the build of before it wrote the others."""
    new = [
        letter
        for letter in letters_of(read_ledger(books.ledger), outline)
        if not (file := root / letter.path).is_file() or file.read_bytes() != letter.content
    ]
    for letter in new:
        write_whole(root / letter.path, letter.content or b"")
    return tuple(letter.path for letter in new)


def _stale(built: Built) -> tuple[str, ...]:
    """What a build would make or change; a dry run could only look."""
    would = [step.subject for step in built.steps if step.kind == "would"]
    changes = built.changes.get("public")
    return tuple(would) or ((*changes.added, *changes.changed, *changes.removed) if changes else ())


def _tell_objection(objection: Objection, talk: Talker) -> None:
    label = "accepted" if objection.accepted else objection.severity
    talk.say(f"{objection.where}: {label}: {objection.message} [{objection.code}]")
    if objection.old or objection.new:
        talk.say(f"  was  {objection.old}")
        talk.say(f"  now  {objection.new}")
    if objection.accepted:
        talk.say(f"  reason: {objection.accepted}")
    elif objection.hint:
        talk.say(f"  hint: {objection.hint}")


@dataclass(slots=True)
class Teller:
    """Says each thing that was done, from whichever thread, and how far the bringing is, in megabytes."""

    talk: Talker
    sizes: Mapping[str, int]  # bytes of what is to be brought, by path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: int = 0
    _done_bytes: int = 0

    def __call__(self, step: Step) -> None:
        """One step that was carried out."""
        if step.kind == "warned":
            self.talk.say(f"{step.subject}: warning: {step.detail}")
            return
        self.talk.say(f"{step.kind:<10}{step.subject}")
        if step.subject not in self.sizes:
            return
        with self._lock:
            self._done += 1
            self._done_bytes += self.sizes[step.subject]
            self.talk.talk.progress(
                Progress(
                    verb="brought",
                    done=self._done,
                    of=len(self.sizes),
                    done_weight_s=self._done_bytes / 1e6,
                    of_weight_s=sum(self.sizes.values()) / 1e6,
                )
            )


def _teller(plan: Plan, talk: Talker) -> Teller:
    return Teller(talk, {source.path: source.size_bytes for source in (*plan.media, *plan.added, *plan.replaced)})


def _conclude(done: _Done, talk: Talker, *, dry_run: bool) -> None:
    """The last lines: the plan, what stopped it, what comes next."""
    plan = done.plan
    if dry_run:
        for verb, paths in _changes(plan).items():
            for path in paths:
                click.echo(f"{verb:<10}{path}")
    if plan.blocking:
        stopped = "would be published: {} stop it" if dry_run else "was published: {} stopped it"
        talk.say(f"nothing {stopped.format(len(plan.blocking))}")
        if not any(one.code in FIRM for one in plan.blocking):
            talk.say(
                f"  on purpose, after all: weerslag publish {plan.target} {_on_purpose(plan.blocking, done.wishes)}"
            )
    elif plan.is_idle:
        talk.say(f"nothing to do: {plan.target} shows all of it")
    elif done.published:
        talk.say(f"published to {plan.target}; commit published.jsonl")
    elif dry_run:
        talk.say(f"dry run: {plan.target} is as it was; nothing stops this")
    for slug, hour in done.built.held_back[:1]:
        talk.say(f"next      {slug}, {hour:%Y-%m-%d %H:%M %Z}")


def _on_purpose(blocking: Sequence[Objection], wishes: Wishes) -> str:
    """The words that let all of them pass, with those that were said; a feed moves by a word that takes its subscribers along."""
    withdrawn = [f"--withdraw {name}" for name in wishes.withdraw]
    moves = [f"--moved-from {one.old}" for one in blocking if one.code == "feed-moved"]
    moves = moves or ([f"--moved-from {wishes.moved_from}"] if wishes.moved_from else [])
    codes = dict.fromkeys([*wishes.accept, *(one.code for one in blocking if one.code != "feed-moved")])
    accepted = [f"--accept {code}" for code in codes]
    return " ".join([*withdrawn, *moves, *accepted, *(['--reason "…"'] if accepted else [])])


def _changes(plan: Plan) -> dict[str, list[str]]:
    """What the plan does, by verb."""
    return {
        "added": [source.path for source in (*plan.media, *plan.added)],
        "replaced": [source.path for source in plan.replaced],
        "withdrawn": [*plan.withdrawn, *plan.pruned],
        "resting": sorted(plan.resting),
        "switched": [urls.FEED] if plan.feed_change in ("added", "replaced", "removed") else [],
    }


def _as_plain(plan: Plan, built: Built) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "target": plan.target,
        **_changes(plan),
        "kept": len(plan.kept),
        "size_bytes": plan.size_bytes,
        "feed": plan.feed_change,
        "objections": [to_plain(objection) for objection in plan.objections],
        "blocked": bool(plan.blocking),
        "held_back": [{"episode": slug, "until": hour.isoformat()} for slug, hour in built.held_back],
    }
