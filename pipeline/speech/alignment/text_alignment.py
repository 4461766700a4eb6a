"""Aligns a known text with a recording, and finds what of the one is not in the other."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import WeerslagError
from pipeline.model import Cue
from pipeline.speech.alignment.acoustic import SentenceTime, align_by_sound
from pipeline.speech.alignment.sentences import TextSentence, split_sentences
from pipeline.speech.alignment.tasks import AlignedText, AlignTextTask, UnheardSentence, UnwrittenSpeech
from pipeline.speech.alignment.word_matching import WordMatch, match_words, split_words
from pipeline.speech.sound_file import open_sound

MIN_WORD_SHARE = 0.5  # right texts have 0.7 with a small model, others 0.1
MIN_ACOUSTIC_MATCH = 0.04  # right texts have 0.06 to 0.07, one that lacks every second line 0.02, others 0.00
_HEARD_SHARE = 0.2  # of the words of a sentence: with more, it was spoken
_MIN_WORDS = 3  # fewer cannot be judged
_MAX_SKIPPED = 0.6  # most spoken sentences have at most 0.3
_MAX_SKIPPED_UNHEARD = 0.35  # of a sentence of which no word was recognised
_SURE_SHARE = 0.5  # of the words of a sentence: with more, the recogniser knows where it is
_MAX_DISAGREEMENT_S = 1.5  # of sound and words; when they agree, the sound is more precise
_FILLER = -1


def align_text(task: AlignTextTask) -> AlignedText:
    """Find the time of each sentence of a text.

    Raises:
        DependencyError: espeak-ng is not installed.
        WeerslagError: The text has no words, or espeak-ng has no voice for its language.
    """
    sentences = split_sentences([(one.line, one.speaker, one.text) for one in task.lines])
    sentences = tuple(one for one in sentences if split_words(one.text))
    if not sentences:
        raise WeerslagError("the text has no words")
    texts = [one.text for one in sentences]
    match = match_words(texts, task.words) if task.words else None
    if match and match.share < MIN_WORD_SHARE:
        return AlignedText(match=match.share, is_accepted=False)
    order = _order_spoken(texts, match)
    spoken = [texts[index] if index >= 0 else filler for index, filler in order]
    with open_sound(task.sound) as sound:
        found = align_by_sound(spoken, sound, language=task.language, threads=task.threads)
    times = [time for (index, _), time in zip(order, found.times, strict=True) if index != _FILLER]
    unspoken = _find_unspoken(texts, times, match)
    times = _correct_times(times, match) if match else times
    return AlignedText(
        cues=tuple(
            _build_cues([pair for n, pair in enumerate(zip(sentences, times, strict=True)) if n not in unspoken])
        ),
        unheard=tuple(UnheardSentence(line=sentences[n].line, text=sentences[n].text) for n in sorted(unspoken)),
        unwritten=tuple(
            UnwrittenSpeech(start_s=one.start_s, end_s=one.end_s, text=one.text)
            for one in (match.loose if match else ())
        ),
        match=match.share if match else found.match,
        is_accepted=match is not None or found.match >= MIN_ACOUSTIC_MATCH,
    )


def _order_spoken(texts: Sequence[str], match: WordMatch | None) -> list[tuple[int, str]]:
    """Return what was spoken: indices of sentences, and recognised words that the text lacks."""
    if match is None:
        return [(index, "") for index in range(len(texts))]
    fillers: dict[int, list[str]] = {}
    for one in match.loose:
        fillers.setdefault(one.before, []).append(one.text)
    order: list[tuple[int, str]] = []
    for index in range(len(texts)):
        order += [(_FILLER, filler) for filler in fillers.get(index, [])]
        order.append((index, ""))
    return order + [(_FILLER, filler) for filler in fillers.get(len(texts), [])]


def _find_unspoken(texts: Sequence[str], times: Sequence[SentenceTime], match: WordMatch | None) -> frozenset[int]:
    """Find sentences whose sound is missing: most of it, or some of it, and no word was recognised either."""
    return frozenset(
        index
        for index, text in enumerate(texts)
        if len(split_words(text)) >= _MIN_WORDS
        and times[index].skipped > _MAX_SKIPPED_UNHEARD
        and (times[index].skipped > _MAX_SKIPPED or match is not None)
        and (match is None or match.shares[index] < _HEARD_SHARE)
    )


def _correct_times(times: Sequence[SentenceTime], match: WordMatch) -> list[SentenceTime]:
    """Take the time of the words where the sound leads elsewhere, as it does beside speech that the text lacks."""
    corrected = []
    for time, share, span_s in zip(times, match.shares, match.spans_s, strict=True):
        if span_s and share >= _SURE_SHARE and abs(span_s[0] - time.start_s) > _MAX_DISAGREEMENT_S:
            corrected.append(replace(time, start_s=span_s[0], end_s=span_s[1]))
        else:
            corrected.append(time)
    return corrected


def _build_cues(spoken: Sequence[tuple[TextSentence, SentenceTime]]) -> list[Cue]:
    """Build cues in order of time; none overlaps the next one."""
    cues: list[Cue] = []
    for number, (sentence, time) in enumerate(spoken):
        start_ms, end_ms = round(time.start_s * 1000), round(time.end_s * 1000)
        if number + 1 < len(spoken):
            next_ms = round(spoken[number + 1][1].start_s * 1000)
            end_ms = min(end_ms, next_ms) if next_ms > start_ms else end_ms
        end_ms = max(end_ms, start_ms + 1)
        cues.append(Cue(start_ms=start_ms, end_ms=end_ms, speaker=sentence.speaker, text=sentence.text))
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))
