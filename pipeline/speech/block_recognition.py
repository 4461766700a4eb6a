"""Recognises one block: its words, with starts at the onsets of the sound."""

from pathlib import Path

from pipeline.model import SpokenWord
from pipeline.speech.engine import load_recogniser
from pipeline.speech.onsets import refine_starts
from pipeline.speech.sound_file import open_sound
from pipeline.speech.tasks import RecogniseTask


def recognise_block(task: RecogniseTask) -> tuple[SpokenWord, ...]:
    """Recognise the words of a block.

    Returns:
        The words in order; times count from the start of the block.

    Raises:
        DependencyError: faster-whisper or the model is missing, or the model lacks the language.
        StorageError: The sound cannot be read.
    """
    with open_sound(task.sound) as file:
        sound = file.read_range(task.first, task.first + task.samples)
    recogniser = load_recogniser(Path(task.model), threads=task.threads)
    words = recogniser.recognise(sound, task.stretches, language=task.language, vocabulary=task.vocabulary)
    return tuple(refine_starts(words, sound))
