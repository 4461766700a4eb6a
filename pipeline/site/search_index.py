"""Builds the search index of the site: files so small that a search needs only a few of them.

Words are sorted by their key and divided over files, so that all words with the same beginning are in one file or in
neighbours. `templates/site/search.js` computes the same keys.
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pipeline import urls
from pipeline.model import Chapter, Cue, Output, Release
from pipeline.site.page_context import SiteContext
from pipeline.typesetting import load_translator, render_markdown

_FILE_BYTES = 8_000
_MAX_PASSAGE_CHARACTERS = 280
_MAX_SHARE = 8  # a word in more than one of so many passages finds nothing that is worth reading …
_MIN_PASSAGES = 400  # … in a programme that is not small
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…][”’\")]*$")
_SENTENCE_START = re.compile(r"(?<=[.!?…])\s+(?=[“‘\"(]?[A-ZÀ-Þ0-9])")
_BLOCK_END = re.compile(r"</(?:p|li|h\d|td|th|dt|dd|pre|figcaption|caption)>")
_FOOTNOTE_MARK = re.compile(r"<sup\b.*?</sup>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_DOUBLED = re.compile(r"(.)\1+")
_INFLECTION = re.compile(r"(?<=...)s?(?:es|en?)?$")
_HEID = re.compile(r"(?<=..)h(?:eid?|ed)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPassage:
    """A sentence. ``parts`` are its texts with the second at which each starts; outside talks that is -1."""

    speaker: str = ""
    parts: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    """A talk or a text that can be found, with the path of its page."""

    title: str
    path: str
    label: str  # what it is, for readers
    is_talk: bool = False
    passages: tuple[SearchPassage, ...]


def build_documents(site: SiteContext) -> tuple[SearchDocument, ...]:
    """Build what can be found: the transcripts of published talks, then approved and public texts.

    Args:
        site: Its releases are the published ones, in order.
    """
    documents = (*_list_talks(site), *_list_texts(site))
    return tuple(document for document in documents if document.passages)


def render_search_index(documents: Sequence[SearchDocument]) -> Iterator[Output]:
    """Render ``index.json``, and the files with words and with passages that it lists.

    A file of words maps each word to the numbers of its passages, each after the first as the difference with the one
    before. Names have no digest, since such files stay online for weeks; ``index.json`` has digests for caches.
    """
    passages = [passage for document in documents for passage in document.passages]
    postings, common = _index_words(documents)
    files: dict[str, list[tuple[str, str]]] = {"words": [], "texts": []}
    for kind, chunks in (("words", _chunk_words(postings)), ("texts", _chunk_passages(passages))):
        for number, (first, content) in enumerate(chunks):
            files[kind].append((first, hashlib.sha256(content).hexdigest()[:8]))
            yield Output(path=f"public/{urls.search_file(f'{kind}-{number}')}", content=content)
    listed, first_passage = [], 0
    for document in documents:
        listed.append([first_passage, document.title, document.path, document.label, int(document.is_talk)])
        first_passage += len(document.passages)
    texts = [(int(first), digest) for first, digest in files["texts"]]
    index = {"documents": listed, "words": files["words"], "texts": texts, "common": common}
    yield Output(path=f"public/{urls.search_file('index')}", content=_encode(index))


def fold(text: str) -> str:
    """Fold case, diacritics and ligatures; remove soft hyphens."""
    decomposed = unicodedata.normalize("NFKD", text.replace("\xad", ""))
    return "".join(char for char in decomposed if unicodedata.category(char)[0] != "M").lower()


def list_words(text: str) -> list[str]:
    """List the folded words of a text, without apostrophes."""
    return [re.sub("['’]", "", word) for word in _WORD.findall(fold(text))]


def make_key(word: str) -> str:
    """Make the key of a folded word, which singular and plural share: *boom* and *bomen*, *brief* and *brieven*.

    The key of the beginning of a word is the beginning of its key, so that a search can follow the typing. So the key is
    coarse: *maan* and *man* share one too.
    """
    key = _DOUBLED.sub(r"\1", word).replace("v", "f").replace("z", "s")
    return _HEID.sub("h", _INFLECTION.sub("", key, count=1))


def _list_talks(site: SiteContext) -> Iterator[SearchDocument]:
    translate = load_translator(site.programme.language)
    for release in site.releases:
        yield SearchDocument(
            title=release.episode.title,
            path=urls.episode(release.episode.slug),
            label=translate("Talk"),
            is_talk=True,
            passages=tuple(_split_talk(release)),
        )


def _split_talk(release: Release) -> Iterator[SearchPassage]:
    """Yield the titles of chapters, and the sentences of the transcript."""
    yield from (_build_heading(chapter) for chapter in release.chapters)
    for speaker, cues in groupby(release.transcript, key=lambda cue: cue.speaker):
        for sentence in _group_sentences(list(cues)):
            parts = tuple((cue.start_ms // 1000, _clean(cue.text)) for cue in sentence)
            yield SearchPassage(speaker=speaker, parts=parts)


def _build_heading(chapter: Chapter) -> SearchPassage:
    return SearchPassage(parts=((chapter.start_ms // 1000, _clean(chapter.title)),))


def _group_sentences(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    sentence: list[Cue] = []
    for cue in cues:
        if sentence and sum(len(one.text) for one in sentence) + len(cue.text) > _MAX_PASSAGE_CHARACTERS:
            yield sentence
            sentence = []
        sentence.append(cue)
        if _SENTENCE_END.search(cue.text.rstrip()):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _list_texts(site: SiteContext) -> Iterator[SearchDocument]:
    """List the texts of pages; a reflection is on the page of an episode with its text, else on that of its event."""
    programme, _ = site.programme, load_translator(site.programme.language)

    def describe(title: str, path: str, label: str, lines: Sequence[str], text_md: str = "") -> SearchDocument:
        passages = (*_split_lines(lines), *_split_markdown(text_md, programme.language))
        return SearchDocument(title=title, path=path, label=label, passages=passages)

    for release in site.releases:
        episode = release.episode
        label = _("About this episode")
        yield describe(episode.title, urls.episode(episode.slug), label, [episode.summary], episode.notes_md)
    for story in site.list_stories():
        label, lines = _("Story"), [story.title, story.intro, story.by]
        yield describe(story.title, urls.story(story.slug), label, lines, story.text_md)
    for reflection in programme.reflections:
        releases = site.find_releases(reflection.event)
        page = urls.episode(releases[0].episode.slug) if releases else urls.event(reflection.event)
        lines = [reflection.group, reflection.question, *reflection.insights, *(one.text for one in reflection.quotes)]
        title, text_md = reflection.question or reflection.group, reflection.text_md if releases else ""
        yield describe(title, f"{page}#reflections", _("Reflection"), lines, text_md)
    for case in programme.list_cases():
        lines = [case.title, case.organisation, case.summary, *case.questions]
        yield describe(case.title, urls.case(case.event, case.slug), _("Case"), lines, case.text_md)
    for event in programme.events:
        yield describe(event.title, urls.event(event.id), _("Event"), [event.title, event.theme, event.summary])
    for letter in site.letters:
        lines = [
            letter.subject,
            letter.preview,
            *(item.text for one in letter.sections if one.kind == "tips" for item in one.items),
        ]
        text_md = "\n\n".join(one.text_md for one in letter.sections)
        yield describe(letter.subject, letter.path, _("Newsletter"), lines, text_md)
    if programme.about_md:
        title = _("About {title}").format(title=programme.title)
        yield describe(title, urls.about_page(programme.language), _("About"), [], programme.about_md)


def _split_lines(lines: Sequence[str]) -> Iterator[SearchPassage]:
    for line in lines:
        for sentence in _SENTENCE_START.split(_clean(line)):
            if sentence:
                yield SearchPassage(parts=((-1, sentence),))


def _split_markdown(text_md: str, language: str) -> Iterator[SearchPassage]:
    rendered = _FOOTNOTE_MARK.sub("", render_markdown(text_md, language=language)) if text_md.strip() else ""
    yield from _split_lines([html.unescape(_TAG.sub("", block)) for block in _BLOCK_END.split(rendered)])


def _clean(text: str) -> str:
    return " ".join(text.replace("\xad", "").split())


def _index_words(documents: Sequence[SearchDocument]) -> tuple[dict[str, list[int]], list[str]]:
    """Return the numbers of the passages of each word, and the words that are in too many passages."""
    postings: dict[str, list[int]] = {}
    number = 0
    for document in documents:
        for passage in document.passages:
            for word in set(list_words(" ".join([passage.speaker, *(text for _, text in passage.parts)]))):
                postings.setdefault(word, []).append(number)
            number += 1
    limit = max(number, _MIN_PASSAGES) // _MAX_SHARE
    common = sorted(word for word, numbers in postings.items() if len(numbers) > limit)
    return {word: numbers for word, numbers in postings.items() if len(numbers) <= limit}, common


def _chunk_words(postings: dict[str, list[int]]) -> Iterator[tuple[str, bytes]]:
    """Yield the first key and the content of each file; words with one key are never divided."""
    chunk: dict[str, list[int]] = {}
    first, size = "", 0
    for key, words in groupby(sorted(postings, key=lambda word: (make_key(word), word)), key=make_key):
        if size > _FILE_BYTES:
            yield first, _encode(chunk)
            chunk, size, first = {}, 0, key
        for word in words:
            numbers = postings[word]
            chunk[word] = [numbers[0], *(later - earlier for earlier, later in pairwise(numbers))]
            size += len(word.encode()) + 6 + sum(len(str(number)) + 1 for number in chunk[word])
    if chunk:
        yield first, _encode(chunk)


def _chunk_passages(passages: Sequence[SearchPassage]) -> Iterator[tuple[str, bytes]]:
    """Yield the number of the first passage and the content of each file."""
    chunk: list[list[str | int]] = []
    first, size = 0, 0
    for number, passage in enumerate(passages):
        if size > _FILE_BYTES:
            yield str(first), _encode(chunk)
            chunk, size, first = [], 0, number
        chunk.append([passage.speaker, *(value for part in passage.parts for value in part)])
        size += len(_encode(chunk[-1]))
    if chunk:
        yield str(first), _encode(chunk)


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
