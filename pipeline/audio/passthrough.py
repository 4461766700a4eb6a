"""Copies audio that is published as it is, and measures what its listeners hear."""

import shutil

from pipeline.audio.encoding.decoded_measurement import measure_decoded
from pipeline.audio.metering.waveform import build_waveform
from pipeline.audio.parallel import retain_freed_memory
from pipeline.audio.passthrough_tasks import PassthroughResult, PassthroughTask
from pipeline.errors import StorageError, fill
from pipeline.media.samples import RATE


def copy_file(task: PassthroughTask) -> PassthroughResult:
    """Copy a file byte for byte, and measure it, in constant memory.

    Raises:
        AudioError: It cannot be decoded, or is silent.
        StorageError: It cannot be copied.
    """
    retain_freed_memory()
    measured, _ = measure_decoded(task.file)
    try:
        shutil.copyfile(task.file, task.out)
    except OSError as error:
        raise StorageError(fill("cannot be read: {strerror}", strerror=error.strerror), where=task.file) from error
    duration_s = measured.samples / RATE
    return PassthroughResult(
        duration_s=duration_s,
        integrated_lufs=measured.integrated_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        waveform=build_waveform(measured.energies, duration_s=duration_s),
    )
