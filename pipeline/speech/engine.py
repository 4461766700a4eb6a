"""The recogniser: faster-whisper on CTranslate2, without network and without torch.

The only module that imports these libraries. Nothing is ever downloaded: a model is a folder.
"""

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata, util
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import DependencyError, fill, suggest_install
from pipeline.media.samples import Float32Array
from pipeline.model import SpokenWord
from pipeline.speech.tasks import RATE_HZ, SpeechStretch

ENGINE = "faster-whisper"

_BEAM_SIZE = 5  # 1 had 41 % word errors where 5 has 34
_MAX_COMPRESSION = 2.4
_AGAINST_LOOPS = {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3}  # costs accuracy elsewhere
_UNSPACED_LANGUAGES = {"ja", "lo", "my", "th", "yue", "zh"}


def require_engine() -> str:
    """Check that faster-whisper is installed, without importing it.

    Returns:
        Name and version.

    Raises:
        DependencyError: It is not installed.
    """
    if util.find_spec("faster_whisper") is None:
        raise DependencyError("speech recognition needs the package faster-whisper", hint=suggest_install("transcribe"))
    return f"{ENGINE} {metadata.version(ENGINE)}"


def load_voice_activity_session() -> Any:
    """Load the Silero network: an ONNX session of one thread.

    Raises:
        DependencyError: faster-whisper is not installed.
    """
    _go_offline()
    from faster_whisper.vad import get_vad_model  # noqa: PLC0415  # takes a second

    return get_vad_model().session


class Recogniser:
    """A loaded model."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Load a model in the format of CTranslate2; its weights are used with 8 bits.

        Raises:
            DependencyError: faster-whisper is not installed, or the folder has no such model.
        """
        _go_offline()
        from faster_whisper import WhisperModel  # noqa: PLC0415

        try:
            self.model = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, OSError, ValueError) as error:
            hint = "Choose a folder with model.bin, config.json and tokenizer.json (CTranslate2)."
            raise DependencyError(
                fill("the model cannot be loaded: {error}", error=error), where=str(folder), hint=hint
            ) from error

    def recognise(
        self,
        sound: Float32Array,
        stretches: Sequence[SpeechStretch],
        *,
        language: str,
        vocabulary: Sequence[str] = (),
    ) -> list[SpokenWord]:
        """Recognise the words in the stretches; the recogniser never gets what lies between them.

        The text of a window does not depend on that before it, and no step draws random numbers: the
        same sound always gives the same words.

        Args:
            sound: Shape (samples,), float32, full scale is 1.0, at 16 kHz; at most ten minutes.
            stretches: In order of time, without overlap.
            language: ISO 639-1; one that the model has.
            vocabulary: Words and names to expect.

        Returns:
            The words in order; times count from the start of ``sound``.

        Raises:
            DependencyError: The model does not have the language.
        """
        if language not in self.model.supported_languages:
            message = fill("the model does not have the language `{language}`", language=language)
            raise DependencyError(message, hint="Choose another model.")
        joined = np.concatenate([sound[one.first : one.last] for one in stretches] or [sound[:0]])
        options = {"language": language, "hotwords": ", ".join(vocabulary) or None}
        found: list[Any] = []
        for is_loop, group in groupby(self._decode(joined, **options), key=_is_loop):
            segments = list(group)
            if is_loop:
                first, last = (round(at * RATE_HZ) for at in (segments[0].start, segments[-1].end))
                retried = self._decode(joined[first:last], **options, **_AGAINST_LOOPS)
                found += (_shift(word, first / RATE_HZ) for segment in retried for word in segment.words or ())
            else:
                found += (word for segment in segments for word in segment.words or ())
        words = _join_pieces(found, is_spaced=language not in _UNSPACED_LANGUAGES)
        return list(_restore_times(words, stretches))

    def _decode(self, sound: Float32Array, **options: Any) -> Iterator[Any]:
        segments, _ = self.model.transcribe(
            sound,
            beam_size=_BEAM_SIZE,
            temperature=0.0,  # others draw random numbers
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,  # done before
            **options,
        )
        return iter(segments)


def _is_loop(segment: Any) -> bool:
    """Whether a segment repeats the same words over and over: Whisper's own sign of that, and its threshold."""
    return bool(segment.compression_ratio > _MAX_COMPRESSION)


def _shift(word: Any, by_s: float) -> Any:
    return replace(word, start=word.start + by_s, end=word.end + by_s)


@cache
def load_recogniser(folder: Path, *, threads: int) -> Recogniser:
    """Load a model once for all blocks of a worker process."""
    return Recogniser(folder, threads=threads)


def _go_offline() -> None:
    require_engine()
    os.environ["HF_HUB_OFFLINE"] = "1"  # else the library asks a server about a model that is on disk
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _join_pieces(found: Iterable[Any], *, is_spaced: bool) -> Iterator[SpokenWord]:
    """Join what belongs to one word: pieces after the first begin without a space."""
    current: SpokenWord | None = None
    for piece in found:
        text, confidence = piece.word.strip(), round(float(piece.probability), 3)
        if current is not None and is_spaced and not piece.word.startswith(" "):
            word, low = current.word + text, min(current.confidence, confidence)
            current = replace(current, word=word, end_s=float(piece.end), confidence=low)
            continue
        if current is not None and current.word:
            yield current
        current = SpokenWord(word=text, start_s=float(piece.start), end_s=float(piece.end), confidence=confidence)
    if current is not None and current.word:
        yield current


def _restore_times(words: Iterator[SpokenWord], stretches: Sequence[SpeechStretch]) -> Iterator[SpokenWord]:
    """Restore times in the joined stretches to times in the sound; a word stays in the stretch of its middle."""
    starts = list(accumulate((one.last - one.first for one in stretches), initial=0))
    for word in words:
        middle = (word.start_s + word.end_s) / 2 * RATE_HZ
        number = min(max(0, bisect_right(starts, middle) - 1), len(stretches) - 1)
        stretch = stretches[number]
        shift = (stretch.first - starts[number]) / RATE_HZ
        low, high = stretch.first / RATE_HZ, stretch.last / RATE_HZ
        start_s = min(max(low, word.start_s + shift), high)
        end_s = max(start_s, min(high, word.end_s + shift))
        yield replace(word, start_s=round(start_s, 3), end_s=round(end_s, 3))
