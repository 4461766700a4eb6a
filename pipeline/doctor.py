"""Check this machine: what is installed, what is missing, and the command that installs it."""

import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline import __version__, pdf
from pipeline.audio.processing import deep_filter_net
from pipeline.cache import Cache
from pipeline.errors import DependencyError, WeerslagError, fill, make_message
from pipeline.media import executable
from pipeline.model import Finding
from pipeline.speech import engine
from pipeline.speech import models as speech_models
from pipeline.speech.alignment import espeak

_MIN_FREE_BYTES = 2 * 10**9  # an hour of audio and its master


def check_machine(root: Path, cache: Cache, *, models: Path, chosen_model: str) -> tuple[Finding, ...]:
    """Run all checks.

    Args:
        root: The folder of the programme, whose disk is checked.
        cache: The cache, whose locks are checked.
        models: Where models for speech are installed.
        chosen_model: The folder of the speech recognition model that the user chose; empty: none.

    Returns:
        Findings with severity ``info`` (in order), ``warning``, or ``error`` (no build is possible).
    """
    return (
        _create_info("python", f"Python {platform.python_version()}, Weerslag {__version__}"),
        *_check_ffmpeg(),
        *_check_weasyprint(),
        *_check_denoising(),
        *_check_speech(models, chosen_model),
        _check_disk(root),
        _check_lock(cache),
    )


def _check_ffmpeg() -> Iterator[Finding]:
    try:
        program = executable.find_ffmpeg()
        yield _create_info("ffmpeg", f"ffmpeg {executable.read_version(program).split()[0]}")
        for name in executable.find_missing_encoders(program):
            yield _create_error("encoder", f"ffmpeg was built without {name}", "Install Debian's ffmpeg.")
    except WeerslagError as error:
        yield _create_error("ffmpeg", error.message, error.hint)


def _check_weasyprint() -> tuple[Finding, ...]:
    missing = pdf.find_missing_libraries()
    return missing or (_create_info("weasyprint", f"WeasyPrint and Pango: {pdf.get_renderer_version()}"),)


def _check_denoising() -> Iterator[Finding]:
    """Check the optional network; without the package there is nothing to report."""
    if not deep_filter_net.is_installed():
        return
    try:
        yield _create_info("denoise", f"neural noise reduction: {deep_filter_net.require_network()}")
    except WeerslagError as error:
        yield Finding(code="denoise", severity="warning", where="this machine", message=error.message, hint=error.hint)


def _check_speech(models: Path, chosen_model: str) -> Iterator[Finding]:
    """Check what `transcribe` needs: all of it is optional, so what is missing is no error."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("transcribe", lambda: fill("speech recognition: {engine}", engine=engine.require_engine())),
        ("speech-model", lambda: _describe_model(speech_models.find_transcription_model(models, given=chosen_model))),
        ("espeak-ng", _describe_synthesis),
        ("speakers-model", lambda: _describe_model(speech_models.find_speakers_model(models))),
    )
    for code, check in checks:
        try:
            yield _create_info(code, check())
        except WeerslagError as error:
            where = str(error.where) or "this machine"
            yield Finding(code=code, severity="info", where=where, message=error.message, hint=error.hint)


def _describe_synthesis() -> str:
    if not (version := espeak.read_version()):
        raise DependencyError("espeak-ng is not installed", hint="apt-get install espeak-ng")
    return fill("espeak-ng {version}: aligns a text without a model", version=version)


def _describe_model(model: speech_models.InstalledModel) -> str:
    text = "model for {kind}: {path} ({size:.0f} MB)"
    return fill(text, kind=make_message(model.kind), path=model.path, size=model.size_bytes / 1e6)


def _check_disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    message = fill("{free:.1f} GB free", free=free / 1e9)
    if free < _MIN_FREE_BYTES:
        hint = "Free disk space: an hour of audio needs 2 GB."
        return Finding(code="disk", severity="warning", where=str(root), message=message, hint=hint)
    return _create_info("disk", message)


def _check_lock(cache: Cache) -> Finding:
    if not cache.folder.is_dir() or cache.can_lock():
        return _create_info("lock", "build locks work")
    hint = "Set WEERSLAG_CACHE to a folder on a local disk."
    return _create_error("lock", "build locks do not work on this disk: two builds could run at once", hint)


def _create_info(code: str, message: str) -> Finding:
    return Finding(code=code, severity="info", where="this machine", message=message)


def _create_error(code: str, message: str, hint: str) -> Finding:
    return Finding(code=code, severity="error", where="this machine", message=message, hint=hint)
