"""Models on this machine: where they are, and which one is used. Nothing here is downloaded."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DependencyError, fill

BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"  # Systran/faster-whisper-base

_WEIGHTS = "model.bin"
_FILES = (_WEIGHTS, "config.json", "tokenizer.json")
_GET_TRANSCRIPTION = (
    "Set WEERSLAG_ASR_MODEL to a Whisper model in CTranslate2 format (such as large-v3-turbo), "
    "or install a small one: weerslag models install transcription"
)
_GET_SPEAKERS = "weerslag models install speakers"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledModel:
    """A model that can be used."""

    kind: str  # transcription | speakers
    path: Path  # a folder, or a file
    size_bytes: int

    @property
    def weights(self) -> Path:
        """The file whose digest identifies the model."""
        return self.path / _WEIGHTS if self.kind == "transcription" else self.path


def find_transcription_model(folder: Path, *, given: str = "") -> InstalledModel:
    """Find the model that recognises speech.

    Args:
        folder: Where models are installed.
        given: A folder that the user chose; empty: the installed model.

    Raises:
        DependencyError: There is none, or the chosen folder holds another thing.
    """
    path = Path(given) if given else folder / "transcription"
    missing = [name for name in _FILES if not (path / name).is_file()]
    if missing and given:
        hint = "Choose a folder with model.bin, config.json and tokenizer.json (a Whisper model in CTranslate2 format)."
        message = fill("no speech recognition model: {name} is missing", name=missing[0])
        raise DependencyError(message, where=given, hint=hint)
    if missing:
        raise DependencyError("no speech recognition model is installed", hint=_GET_TRANSCRIPTION)
    return InstalledModel(kind="transcription", path=path, size_bytes=(path / _WEIGHTS).stat().st_size)


def find_speakers_model(folder: Path) -> InstalledModel:
    """Find the model that tells voices apart.

    Raises:
        DependencyError: It is not installed.
    """
    path = folder / "speakers.npz"
    if not path.is_file():
        raise DependencyError("no model for speakers is installed", hint=_GET_SPEAKERS)
    return InstalledModel(kind="speakers", path=path, size_bytes=path.stat().st_size)
