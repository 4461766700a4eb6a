"""Plan to take a person out of every file of a programme."""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import urls
from pipeline.content.content_files import EpisodeFiles, ProgrammeFiles, parse_markdown_file
from pipeline.content.editing import add_time_range, replace_cues
from pipeline.content.forgetting.file_search import (
    decode_text,
    has_name_inside,
    is_archive,
    name_file,
    rewrite_archive,
)
from pipeline.content.forgetting.names import NamePattern, build_name_pattern
from pipeline.content.forgetting.person_rules import PersonRules, describe_removal, find_lines
from pipeline.content.forgetting.plan import (
    FRONT_MATTER,
    PICTURES,
    FileChange,
    ForgetPlan,
    ForgetProblem,
    ForgetStep,
    PossibleName,
    check_changes,
    is_recording,
    list_recording_files,
    scan_files,
)
from pipeline.content.forgetting.transcript_removal import SpeechRemoval, filter_words, remove_speech, subtract_spans
from pipeline.content.forgetting.yaml_removal import remove_from_yaml
from pipeline.content.located_yaml import iter_scalars
from pipeline.content.programme_folder import decode_source
from pipeline.content.publication_log import LOG_FILE
from pipeline.content.redirect_checks import list_page_paths
from pipeline.content.review_log import REVIEW_LOG
from pipeline.content.schema.episode import EpisodeSchema
from pipeline.content.time_checks import iter_time_ranges
from pipeline.errors import fill
from pipeline.graphics.metadata_removal import remove_metadata
from pipeline.model import Cue, Cut, Sentence, sentence
from pipeline.model.time_codes import format_position
from pipeline.transcripts.vtt_format import digest_cue
from pipeline.transcripts.webvtt import parse_webvtt

TREATMENTS = {"bleep": "bleeps", "mute": "mutes", "cut": "cuts"}
_DOCUMENTS = (".pdf", ".doc", ".xls", ".ppt", ".rtf", ".msg")
_NAME_KEYS = {"name", "by", "speaker", "credit", "author", "contact"}
_RANGE_SPOKEN = {
    "bleep": "the sound is bleeped: {range}",
    "mute": "the sound is muted: {range}",
    "cut": "the sound is cut: {range}",
}


def plan_person(
    root: Path,
    files: ProgrammeFiles,
    name: str,
    *,
    also: Sequence[str] = (),
    treatment: str,
    replacement: str = "",
    cache_folder: Path,
) -> ForgetPlan:
    """Plan to forget a person. Changes nothing.

    Args:
        root: The folder of the programme.
        files: The programme.
        name: The name; it is found in other spellings too.
        also: More spellings that are this person without doubt.
        treatment: What happens to the voice: ``bleep``, ``mute`` or ``cut``.
        replacement: What stands for the name where a sentence would miss it; empty: a word of the language.
        cache_folder: Is not searched: it is not a source.

    Raises:
        UsageError: It is not a name.
    """
    pattern = build_person_pattern(files, name, also)
    word = replacement or choose_replacement(files)
    planner = _PersonPlanner(root=root, files=files, pattern=pattern, word=word, treatment=treatment)
    return planner.plan(list(scan_files(root, cache_folder=cache_folder)))


def choose_replacement(files: ProgrammeFiles) -> str:
    """Choose the word of the programme's language that stands for a name."""
    return {"nl": "iemand"}.get(files.programme.require_validated().language, "somebody")


def build_person_pattern(files: ProgrammeFiles, name: str, also: Sequence[str] = ()) -> NamePattern:
    """Build the pattern of a name; one word is a name only if the programme names somebody exactly so."""
    known = {" ".join(one.split()).casefold() for one in _list_names(files)}
    return build_name_pattern(name, also, is_known=" ".join(name.split()).casefold() in known)


def _list_names(files: ProgrammeFiles) -> Iterator[str]:
    for file in files.list_files():
        for loc, value in iter_scalars(file.yaml.data):
            if next((step for step in reversed(loc) if isinstance(step, str)), "") in _NAME_KEYS:
                yield value
    for episode in files.episodes:
        yield from (cue.speaker for cue in episode.transcript)


@dataclass(slots=True, kw_only=True)
class _PersonPlanner:
    root: Path
    files: ProgrammeFiles
    pattern: NamePattern
    word: str
    treatment: str
    steps: list[ForgetStep] = field(default_factory=list)
    changes: dict[str, FileChange] = field(default_factory=dict)
    possible: list[PossibleName] = field(default_factory=list)
    left: list[ForgetStep] = field(default_factory=list)
    episodes: list[str] = field(default_factory=list)
    pictures: dict[str, set[str]] = field(default_factory=dict)  # removed from a text, by its path
    digests: dict[str, str] = field(default_factory=dict)  # of the files that were read

    def plan(self, paths: Sequence[str]) -> ForgetPlan:
        pages = [page for page in list_page_paths(self.files) if self.pattern.has_name(page)]
        problems = tuple(
            ForgetProblem(
                where=page,
                message="this address holds the name",
                hint=fill("Give it another one first: weerslag rename {page} NEW", page=page.strip("/")),
            )
            for page in pages
        )
        for episode in self.files.episodes:
            self.plan_episode(episode)
        for path in paths:
            if path != LOG_FILE:
                self.plan_file(path)
        self.plan_pictures(paths)
        self.list_recordings()
        problems += check_changes(self.root, self.changes) if not problems else ()
        return ForgetPlan(
            steps=tuple(sorted(self.steps, key=_build_step_key)),
            changes=tuple(self.changes.values()),
            possible=tuple(self.possible),
            left=tuple(self.left),
            problems=problems,
            episodes=tuple(dict.fromkeys(self.episodes)),
        )

    # Sound

    def plan_episode(self, episode: EpisodeFiles) -> None:
        """Plan the sound, the transcript and the words of one episode."""
        folder, slug = f"episodes/{episode.file.slug}", episode.file.slug
        names = [loc[:-1] for loc, value in episode.file.yaml.find("people", None, "name") if self._is_named(value)]
        labels = {str(episode.file.yaml.get((*loc, "speaker")) or "").strip().casefold() for loc in names} - {""}
        vtt = self.read_text(f"{folder}/transcript.vtt")
        words = self.read_text(f"{folder}/transcript.words.json")
        cues = [_to_cue(one) for one in parse_webvtt(decode_source("", vtt.encode()).text).cues] if vtt else []
        removal = remove_speech(
            cues, pattern=self.pattern, labels=frozenset(labels), words_json=words, treatment=self.treatment
        )
        spans = [*removal.spans, *self._list_track_spans(slug, episode)]
        if names and not spans and episode.recording:
            what = "this person is in the episode, but no transcript says when: write cuts or bleeps in its episode.md"
            self.left.append(ForgetStep(where=folder, what=sentence(what)))
        if not spans and not removal.changes:
            return
        self.episodes.append(slug)
        self.change_ranges(episode, TREATMENTS[self.treatment], spans)
        self.change_ranges(episode, "bleeps", removal.name_spans)
        if vtt:
            self.change_transcript(f"{folder}/transcript.vtt", vtt, removal)
        self.change_companions(folder, words, removal)

    def _is_named(self, value: Any) -> bool:
        return isinstance(value, str) and self.pattern.has_name(value)

    def _list_track_spans(self, slug: str, episode: EpisodeFiles) -> list[Cut]:
        """List when the person speaks into a microphone of their own, from the last build; only without a transcript."""
        file = self.root / "press" / urls.speakers(slug)
        if episode.transcript or not file.is_file():
            return []
        try:
            spans = json.loads(file.read_bytes())
            return [
                Cut(from_ms=round(one["start_s"] * 1000), to_ms=round(one["end_s"] * 1000))
                for one in spans
                if self.pattern.has_name(one["speaker"])
            ]
        except (ValueError, TypeError, KeyError):
            return []

    def change_ranges(self, episode: EpisodeFiles, key: str, spans: Sequence[Cut]) -> None:
        """Add the spans to ``cuts:``, ``mutes:`` or ``bleeps:``, as far as no other range covers them."""
        path = episode.file.path
        file = episode.file
        text = self.get_new_text(path) or file.yaml.source.text
        file = parse_markdown_file(decode_source(path, text.encode()), path, EpisodeSchema, [])
        hidden = [cut for one in {key, "cuts"} for _, cut in iter_time_ranges(file.yaml, one)]
        for span in subtract_spans(sorted(spans, key=lambda one: one.from_ms), hidden):
            text = add_time_range(file.yaml, key, span)
            file = parse_markdown_file(decode_source(path, text.encode()), path, EpisodeSchema, [])
            kind = next(one for one, name in TREATMENTS.items() if name == key)
            shown = f"{format_position(span.from_ms)}–{format_position(span.to_ms)}"
            self.add_step(path, sentence(_RANGE_SPOKEN[kind], range=shown))
        self.put_text(path, text)

    def change_transcript(self, path: str, vtt: str, removal: SpeechRemoval) -> None:
        text = decode_source(path, vtt.encode()).text
        lines = {(cue.start_ms, cue.end_ms, cue.text): cue.line for cue in parse_webvtt(text).cues}
        for old, new in removal.changes:
            text = replace_cues(text, [old], new)
            what = "the cue is removed" if old in removal.own else "the cue is split where this person speaks"
            if old in removal.named:
                what = "the name in this cue is hidden, and bleeped"
                if not removal.is_exact:
                    what = "this cue is hidden, and bleeped as a whole: the times of its words are not known"
            self.add_step(path, sentence(what), lines.get((old.start_ms, old.end_ms, old.text), 0))
        if parse_webvtt(text).cues:
            self.put_text(path, text)
        else:
            self.changes[path] = self.create_change(path, None)

    def change_companions(self, folder: str, words: str, removal: SpeechRemoval) -> None:
        """Change the words of the recogniser and the log of the review."""
        path = f"{folder}/transcript.words.json"
        if words:
            try:
                self.put_text(path, filter_words(words, removal, self.pattern))
            except ValueError:
                self.changes[path] = self.create_change(path, None)
            self.add_step(path, sentence("the words of this person are removed"))
        path = f"{folder}/{REVIEW_LOG}"
        log = self.read_text(path)
        digests = {digest_cue(old) for old, _ in removal.changes}
        kept = [line for line in log.splitlines(keepends=True) if not any(one in line for one in digests)]
        if len(kept) < len(log.splitlines()):
            self.put_text(path, "".join(kept))
            self.add_step(path, sentence("the records of these cues are removed"))

    # Any file

    def plan_file(self, path: str) -> None:
        """Plan a file of any kind: its content, then its name."""
        raw = self.read(path)
        text = decode_text(raw)
        if text is not None:
            self.plan_text(path, text)
        elif has_name_inside(raw, self.pattern):
            self.plan_binary(path, raw)
        if self.pattern.has_name(path) and not is_recording(path):
            self.plan_name(path)

    def plan_text(self, path: str, original: str) -> None:
        text = self.get_new_text(path) or original
        rules = PersonRules(pattern=self.pattern)
        if not self.pattern.has_name(text):
            new = text
        elif path.endswith((".yaml", ".yml")):
            new = self.remove_values(path, text, rules, first_line=1)
        elif front := FRONT_MATTER.match(text):
            body = text[front.end(1) :]
            new = text[: front.start(1)] + self.remove_values(path, front[1], rules, first_line=2)
            new += rules.remove_images(body)
        else:
            new = rules.remove_images(text) if path.endswith(".md") else text
        self.pictures.setdefault(path, set()).update(rules.pictures)
        if self.pattern.has_name(new):
            for line in dict.fromkeys(find_lines(original, self.pattern)):
                what = sentence("the name is replaced by “{word}”", word=self.word)
                self.add_step(path, what, line, only_new=True)
            new = self.pattern.replace(new, self.word)
        if new != text:
            self.put_text(path, new)
            if path.startswith("magazine/reflections/") and re.search(r"(?m)^approved:.*sha256-", new):
                revoked = "its approval ends, since its words change: ask the group again"
                self.add_step(path, sentence(revoked))
        self.list_possible(path, original, new)

    def remove_values(self, path: str, text: str, rules: PersonRules, *, first_line: int) -> str:
        new, removed = remove_from_yaml(text, rules.choose)
        for one in removed:
            self.add_step(path, describe_removal(one.loc), one.line + first_line - 1)
        return new

    def list_possible(self, path: str, original: str, new: str) -> None:
        kept = {line.strip() for line in new.splitlines()}
        for number, line in enumerate(original.splitlines(), start=1):
            for found in self.pattern.find_possible(line):
                if line.strip() in kept or self.pattern.replace(line, self.word).strip() in kept:
                    self.possible.append(PossibleName(where=f"{path}:{number}", text=found[0]))

    def plan_binary(self, path: str, raw: bytes) -> None:
        new, what = None, "metadata with the name is removed"
        if is_archive(raw):
            new, what = rewrite_archive(raw, self.pattern, self.word), "the name in this document is replaced"
        elif path.lower().endswith(PICTURES):
            new = remove_metadata(raw)
        if new is not None and not has_name_inside(new, self.pattern):
            self.changes[path] = self.create_change(path, new)
        elif is_archive(raw) or path.lower().endswith((*PICTURES, *_DOCUMENTS)):
            self.changes[path] = self.create_change(path, None)
            what = "the file is deleted: the name in it cannot be replaced"
        else:
            what = "the name is in this file, which Weerslag cannot change: change or remove it yourself"
            self.left.append(ForgetStep(where=path, what=sentence(what)))
            return
        self.add_step(path, sentence(what))

    def plan_name(self, path: str) -> None:
        """Plan a file whose own name is that of the person."""
        change = self.changes.get(path)
        if change is not None and change.content is None:
            return
        if path.lower().endswith(PICTURES):
            self.changes[path] = self.create_change(path, None)
            self.add_step(path, sentence("the picture is deleted: its file has the name"))
            return
        target = name_file(path, self.pattern, self.word)
        stem, extension = posixpath.splitext(target)
        number = 2
        while (self.root / target).exists() or any(one.moved_to == target for one in self.changes.values()):
            target, number = f"{stem}-{number}{extension}", number + 1
        content = change.content if change else self.read(path)
        self.changes[path] = self.create_change(path, content, moved_to=target)
        self.add_step(path, sentence("the file is renamed: {target}", target=target))

    def plan_pictures(self, paths: Sequence[str]) -> None:
        """Delete the files of removed pictures that no text refers to any more."""
        removed = sorted((owner, name) for owner, names in self.pictures.items() for name in names)
        used: set[str] = set()
        for path in paths if removed else ():
            change = self.changes.get(path)
            text = decode_text((self.read(path) if change is None else change.content) or b"") or ""
            used |= {name for _, name in removed if posixpath.basename(name) in text}
        for owner, name in removed:
            places = (name, f"magazine/{name}", posixpath.normpath(posixpath.join(posixpath.dirname(owner), name)))
            file = next((one for one in places if one in paths), "")
            if file and name not in used and file not in self.changes:
                self.changes[file] = self.create_change(file, None)
                self.add_step(file, sentence("the picture is deleted: no page shows it any more"))

    def list_recordings(self) -> None:
        for slug in self.episodes:
            for path in list_recording_files(self.root, slug):
                what = "the recording holds the voice: Weerslag never changes recordings; delete it if you must"
                self.left.append(ForgetStep(where=path, what=sentence(what)))

    # Values

    def read(self, path: str) -> bytes:
        """Read a file again each time, since only what changes stays in memory; the plan is for what was read first."""
        content = (self.root / path).read_bytes()
        self.digests.setdefault(path, hashlib.sha256(content).hexdigest())
        return content

    def read_text(self, path: str) -> str:
        return (decode_text(self.read(path)) or "") if (self.root / path).is_file() else ""

    def get_new_text(self, path: str) -> str | None:
        change = self.changes.get(path)
        return decode_text(change.content) if change and change.content is not None and not change.moved_to else None

    def put_text(self, path: str, text: str) -> None:
        raw = self.read(path)
        if b"\r\n" in raw and "\r" not in text:
            text = text.replace("\n", "\r\n")
        if text.encode() != raw:
            self.changes[path] = self.create_change(path, text.encode())

    def create_change(self, path: str, content: bytes | None, *, moved_to: str = "") -> FileChange:
        if path not in self.digests:
            self.read(path)
        return FileChange(path=path, old_sha256=self.digests[path], content=content, moved_to=moved_to)

    def add_step(self, path: str, what: Sentence, line: int = 0, *, only_new: bool = False) -> None:
        where = f"{path}:{line}" if line else path
        if not (only_new and any(one.where == where for one in self.steps)):
            self.steps.append(ForgetStep(where=where, what=what))


def _to_cue(cue: Any) -> Cue:
    return Cue(start_ms=cue.start_ms, end_ms=cue.end_ms or cue.start_ms, speaker=cue.speaker, text=cue.text)


def _build_step_key(step: ForgetStep) -> tuple[str, int]:
    path, _, line = step.where.rpartition(":")
    return (path, int(line)) if line.isdigit() else (step.where, 0)
