"""Synthesises a text with espeak-ng, to compare it with a recording."""

import io
import shutil
import subprocess
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.errors import DependencyError, WeerslagError, fill
from pipeline.media.samples import Float32Array
from pipeline.speech.alignment.espeak import EXECUTABLE

_WORDS_PER_MINUTE = 165
_TIMEOUT_S = 120
_NO_SOUND = bytes(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticSpeech:
    """The synthetic voice that speaks one sentence."""

    samples: Float32Array  # shape (samples,), full scale is 1.0
    sample_rate_hz: int


def synthesise_texts(texts: Sequence[str], *, language: str, threads: int = 1) -> list[SyntheticSpeech]:
    """Synthesise each text with the voice of a language.

    Args:
        texts: Sentences.
        language: ISO 639-1.
        threads: How many processes of espeak-ng run at a time.

    Raises:
        DependencyError: espeak-ng is not installed.
        WeerslagError: It has no voice for the language, or fails.
    """
    executable = shutil.which(EXECUTABLE)
    if executable is None:
        raise DependencyError("espeak-ng is not installed", hint="apt-get install espeak-ng")
    with ThreadPoolExecutor(max(1, threads)) as pool:
        return list(pool.map(partial(_synthesise, executable, language), texts))


def _synthesise(executable: str, language: str, text: str) -> SyntheticSpeech:
    argv = [executable, "-v", language, "-s", str(_WORDS_PER_MINUTE), "-z", "-b", "1", "--stdin", "--stdout"]
    completed = subprocess.run(argv, input=text.encode(), capture_output=True, check=False, timeout=_TIMEOUT_S)
    if completed.returncode:
        message = fill("espeak-ng has no voice for `{language}`", language=language)
        raise WeerslagError(message, hint="espeak-ng --voices lists its languages")
    with wave.open(io.BytesIO(completed.stdout)) as file:
        raw = file.readframes(len(completed.stdout))  # the header of a stream does not know its length
        samples = np.frombuffer(raw or _NO_SOUND, "<i2").astype(np.float32) / np.float32(32768)
        return SyntheticSpeech(samples=samples, sample_rate_hz=file.getframerate())
