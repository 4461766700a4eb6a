"""Makes a thing, or finds that it is kept: what a key is made of, which part of it changed, and who fails alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pipeline.cache import Action, Blob, Store, key_of
from pipeline.errors import StoreError, WeerslagError
from pipeline.executors import NO_LIMITS, Limits, perform, task_of
from pipeline.model import Step, from_plain, to_plain

A = TypeVar("A")

_SCHEMA = 1  # of a key: raised when its parts get another meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[A]):
    """A thing wanted, and all that its bytes depend on.

    ``job`` is called with the path that each output must be written to, and gives the value for ``function``.
    """

    verb: str  # what was done, once it is: mastered
    subject: str  # a slug, a file: what a person knows it by
    maker: str  # the job's function, as module:name: asking for a thing imports nothing heavy
    recipe: int
    settings: Any  # plain, or a value that has a plain form
    inputs: Mapping[str, str]  # name: sha256
    tools: Mapping[str, str]
    job: Callable[[Mapping[str, Path]], Any]
    answer: type[A]
    outputs: tuple[str, ...] = ()
    limits: Limits = NO_LIMITS
    weight_s: float = 1.0  # how long it may take, in whatever unit its siblings use: for the progress bar

    @property
    def name(self) -> str:
        """What the last build's key of this thing is found by."""
        return f"{self.verb} {self.subject}"

    def parts(self) -> dict[str, Any]:
        """All parts of the key."""
        return {
            "schema": _SCHEMA,
            "maker": self.maker,
            "recipe": self.recipe,
            "inputs": dict(self.inputs),
            "settings": to_plain(self.settings),
            "outputs": list(self.outputs),
            "tools": dict(self.tools),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Generic[A]):
    """A thing that is there: what its job answered, and its files as objects of the store."""

    answer: A
    outputs: Mapping[str, Blob]


@dataclass(slots=True, kw_only=True)
class Asked(Generic[A]):
    """A thing that was asked for, while it is made."""

    request: Request[A]
    key: str
    files: Mapping[str, Path] = field(default_factory=dict)  # where its job writes
    future: "Future[str] | None" = None  # none: nobody works on it (any more)
    made: Made[A] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stage of the build is."""

    verb: str
    done: int
    of: int
    done_weight_s: float
    of_weight_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Where the build tells what it does; an ``append`` will do."""

    step: Callable[[Step], object]
    progress: Callable[[Progress], object] = lambda _: None


@dataclass(slots=True)
class Making:
    """One build's making: what it stood on, what failed, and what a dry run would have made."""

    store: Store
    pool: Executor
    folder: Path  # where jobs may write
    talk: Talk
    dry_run: bool = False
    steps: list[Step] = field(default_factory=list)
    failures: list[tuple[Step, WeerslagError]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    _last: dict[str, str] | None = None
    _rooms: int = 0  # so that no two jobs write in one

    def make(self, requests: Sequence[Request[A]]) -> list[Made[A] | None]:
        """Each thing wanted, in order: kept, or made by the workers side by side; ``None`` where that failed."""
        asked = [self.ask(request) for request in requests]
        running = [one for one in asked if one.future]
        for place, one in enumerate(running):
            self._say_progress([other.request for other in running], place)
            self.answer(one)
        return [one.made for one in asked]

    def ask(self, request: Request[A]) -> "Asked[A]":
        """One thing wanted, without waiting for it: it is kept, or on its way from a worker, or failed (a dry run's)."""
        asked = Asked(request=request, key=key_of(request.parts()))
        asked.made = self._kept(request, asked.key)
        if asked.made is None and self.dry_run:
            self.tell(Step(kind="would", subject=request.name, why=self._why(request)))
        elif asked.made is None:
            asked.files = self._files(request)
            asked.future = self._submit(request, asked.files)
        return asked

    def answer(self, asked: "Asked[A]") -> Made[A] | None:
        """Wait for what was asked; its files are kept and recorded. ``None`` if it failed."""
        if asked.future:
            asked.made, asked.future = self._collect(asked, asked.future), None
        return asked.made

    def fail(self, subject: str, error: WeerslagError) -> None:
        """Note that a thing cannot be had; the others go on."""
        step = Step(kind="failed", subject=subject, detail=error.message)
        self.failures.append((step, error))
        self.tell(step)

    def _kept(self, request: Request[A], key: str) -> Made[A] | None:
        action = self.store.find(key)
        if action is None:
            return None
        self.keys[request.name] = key
        self.tell(Step(kind="kept", subject=request.name))
        return Made(answer=from_plain(request.answer, action.answer), outputs=action.outputs)

    def _submit(self, request: Request[A], files: Mapping[str, Path]) -> "Future[str]":
        for file in files.values():
            file.parent.mkdir(parents=True, exist_ok=True)
        return self.pool.submit(perform, task_of(request.maker, request.job(files), request.limits))

    def _collect(self, asked: "Asked[A]", future: "Future[str]") -> Made[A] | None:
        """Wait for one job, keep its files and record it: the record comes last, and makes it count."""
        request, key = asked.request, asked.key
        try:
            answered = json.loads(future.result())
        except WeerslagError as error:
            self.fail(request.name, self._as_outside(error))
            return None
        outputs = {name: self.store.keep(file) for name, file in asked.files.items()}
        why = self._why(request)
        self.store.record(key, Action(parts=request.parts(), outputs=outputs, answer=answered))
        self.keys[request.name] = key
        self.tell(Step(kind=request.verb, subject=request.subject, why=why))
        return Made(answer=from_plain(request.answer, answered), outputs=outputs)

    def _as_outside(self, error: WeerslagError) -> WeerslagError:
        """A file in a room of ours is nothing that anybody knows; the disk it lies on is."""
        if not isinstance(error, StoreError) or not Path(str(error.where)).is_relative_to(self.folder):
            return error
        hint = error.hint or "Make room on that disk; the next build goes on where this one stopped."
        return StoreError(error.message, where=str(self.store.folder), hint=hint)

    def _files(self, request: Request[A]) -> dict[str, Path]:
        self._rooms += 1
        room = self.folder / f"{request.verb}-{self._rooms}-{key_of({'name': request.name})[:8]}"
        return {name: room / name for name in request.outputs}

    def last_answer(self, name: str, kind: type[A]) -> A | None:
        """What the job behind ``name`` answered in the last build: a first guess, which must not decide anything."""
        action = self.store.find(self._last_key(name))
        try:
            return from_plain(kind, action.answer) if action else None
        except (TypeError, ValueError, KeyError):  # an older Weerslag's answer, in another form
            return None

    def _why(self, request: Request[A]) -> str:
        old = self.store.parts_of(self._last_key(request.name))
        return first_difference(old, request.parts()) if old else "new"

    def _last_key(self, name: str) -> str:
        if self._last is None:
            self._last = self.store.last_keys()
        return self._last.get(name, "")

    def tell(self, step: Step) -> None:
        """One step, kept and told."""
        self.steps.append(step)
        self.talk.step(step)

    def _say_progress(self, running: Sequence[Request[A]], place: int) -> None:
        weights = [one.weight_s for one in running]
        self.talk.progress(
            Progress(
                verb=running[place].verb,
                done=place,
                of=len(running),
                done_weight_s=sum(weights[:place]),
                of_weight_s=sum(weights),
            )
        )


def first_difference(old: Any, new: Any, name: str = "") -> str:
    """The first part of a key that differs, told as ``settings.target.loudness_lufs: -16 → -14``; empty if none does."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for part in [*new, *(part for part in old if part not in new)]:
            inner = f"{name}.{part}" if name else str(part)
            if told := first_difference(old.get(part), new.get(part), inner):
                return told
        return ""
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        numbered = (first_difference(*pair, f"{name}[{n}]") for n, pair in enumerate(zip(old, new, strict=True)))
        return next(filter(None, numbered), "")
    return "" if old == new else f"{name}: {_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return text[:8]
    return text if len(text) <= 60 else f"{text[:59]}…"
