"""Aligns a known text with a recording, and finds what of the one is not in the other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.errors import WeerslagError
from pipeline.model import Cue, SpokenWord
from pipeline.speech.alignment.acoustic import SentenceTime, align_by_sound
from pipeline.speech.alignment.sentences import TextSentence, split_sentences
from pipeline.speech.alignment.tasks import AlignedText, AlignTextTask, UnheardSentence, UnwrittenSpeech
from pipeline.speech.alignment.word_matching import WordMatch, match_words, measure_likeness, split_words
from pipeline.speech.sound_file import SpeechSoundFile, open_sound

MIN_WORD_SHARE = 0.5  # right texts have 0.7 with a small model, others 0.1
MIN_ACOUSTIC_MATCH = 0.04  # right texts have 0.06 to 0.07, one that lacks every second line 0.02, others 0.00
_MIN_WORDS = 3  # of a sentence; fewer cannot be judged
_MAX_SKIPPED = 0.6  # of its sound; most spoken sentences have at most 0.3
_MAX_SHARE = 0.4  # of its words that were recognised: with more, it was spoken
_MIN_LIKENESS = 0.42  # of its letters to what was recognised there: misheard ones have 0.44 to 0.9, others 0.1 to 0.4
_MAX_PASSES = 3  # without what was not spoken, other sentences find their place
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
    match = match_words([one.text for one in sentences], task.words) if task.words else None
    if match and match.share < MIN_WORD_SHARE:
        return AlignedText(match=match.share, is_accepted=False)
    with open_sound(task.sound) as sound:
        if match:
            return _align_by_words(sentences, match, sound, task)
        found = align_by_sound([one.text for one in sentences], sound, language=task.language, threads=task.threads)
    pairs = list(zip(sentences, found.times, strict=True))
    return AlignedText(
        cues=tuple(_build_cues([pair for pair in pairs if not _is_skipped(*pair)])),
        unheard=_describe_unheard(sentence for sentence, time in pairs if _is_skipped(sentence, time)),
        match=found.match,
        is_accepted=found.match >= MIN_ACOUSTIC_MATCH,
    )


def _align_by_words(
    sentences: Sequence[TextSentence], match: WordMatch, sound: SpeechSoundFile, task: AlignTextTask
) -> AlignedText:
    """Align by sound and words; again without what was not spoken, which takes the places of other sentences."""
    share, unspoken = match.share, list[TextSentence]()
    times = _find_times(sentences, match, sound, task)
    for _ in range(_MAX_PASSES - 1):
        found = {n for n, one in enumerate(sentences) if not _is_spoken(one, times[n], match, n, task.words)}
        if not found:
            break
        unspoken += [sentences[n] for n in sorted(found)]
        sentences = [one for n, one in enumerate(sentences) if n not in found]
        match = match_words([one.text for one in sentences], task.words)
        times = _find_times(sentences, match, sound, task)
    return AlignedText(
        cues=tuple(_build_cues(list(zip(sentences, _correct_times(times, match), strict=True)))),
        unheard=_describe_unheard(sorted(unspoken, key=lambda one: one.line)),
        unwritten=tuple(UnwrittenSpeech(start_s=one.start_s, end_s=one.end_s, text=one.text) for one in match.loose),
        match=share,
        is_accepted=True,
    )


def _find_times(
    sentences: Sequence[TextSentence], match: WordMatch, sound: SpeechSoundFile, task: AlignTextTask
) -> list[SentenceTime]:
    """Find the times of sentences by sound; what was recognised and is in none of them is spoken between them."""
    texts = [one.text for one in sentences]
    order = _order_spoken(texts, match)
    spoken = [texts[index] if index >= 0 else filler for index, filler in order]
    found = align_by_sound(spoken, sound, language=task.language, threads=task.threads)
    return [time for (index, _), time in zip(order, found.times, strict=True) if index != _FILLER]


def _order_spoken(texts: Sequence[str], match: WordMatch) -> list[tuple[int, str]]:
    """Return what was spoken: indices of sentences, and recognised words that the text lacks."""
    fillers: dict[int, list[str]] = {}
    for one in match.loose:
        fillers.setdefault(one.before, []).append(one.text)
    order: list[tuple[int, str]] = []
    for index in range(len(texts)):
        order += [(_FILLER, filler) for filler in fillers.get(index, [])]
        order.append((index, ""))
    return order + [(_FILLER, filler) for filler in fillers.get(len(texts), [])]


def _is_skipped(sentence: TextSentence, time: SentenceTime) -> bool:
    """Whether most of the sound of a sentence is missing."""
    return len(split_words(sentence.text)) >= _MIN_WORDS and time.skipped > _MAX_SKIPPED


def _is_spoken(
    sentence: TextSentence, time: SentenceTime, match: WordMatch, index: int, words: Sequence[SpokenWord]
) -> bool:
    """Whether words of a sentence were recognised, or letters like its own, where the sound or the words place it."""
    if match.shares[index] >= _MAX_SHARE or len(split_words(sentence.text)) < _MIN_WORDS:
        return True
    spans_s = ((time.start_s, time.end_s), match.spans_s[index])
    return any(measure_likeness(sentence.text, words, *span_s) >= _MIN_LIKENESS for span_s in spans_s if span_s)


def _describe_unheard(sentences: Iterable[TextSentence]) -> tuple[UnheardSentence, ...]:
    return tuple(UnheardSentence(line=one.line, text=one.text) for one in sentences)


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
