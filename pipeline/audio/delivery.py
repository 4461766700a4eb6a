"""Takes one sound file all the way: heard once, then mastered, encoded and measured chunk by chunk, with nothing in between.

The same sound as master and encoding one after the other would give, without a master on the disk. What is no plain file,
or becomes no MP3, goes that longer way.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline.audio.analysis import recording
from pipeline.audio.analysis.analysis_pass import Hearing, Overheard
from pipeline.audio.analysis.recording import Noting
from pipeline.audio.encoding import encoder, mp3_chunks, mp3_frames
from pipeline.audio.encoding.encoder import Attempt
from pipeline.audio.io.pcm import Plain, is_plain_at_house_rate
from pipeline.audio.parallel import give_back, keep_what_is_freed
from pipeline.audio.processing import mastering
from pipeline.audio.processing.chain import Chain, chain_of, width_for
from pipeline.audio.processing.mastering import Sounded, ceiling_of
from pipeline.audio.tasks import (
    DeliverJob,
    Delivery,
    Encoded,
    EncodeJob,
    Mastered,
    MasterJob,
    MeasureJob,
    RecordingFacts,
)
from pipeline.media.ffmpeg import RATE, Block

_GRID = 4 * RATE  # where a chain may begin: whole frames, rows and seconds for all that is in it
_SETTLED = RATE  # samples that it needs at least, before it is what it would be from the beginning


def deliver(job: DeliverJob) -> Delivery:
    """Measure, master and encode one file, in constant memory.

    Raises:
        AudioError: the sound cannot be read, or is too short or too quiet to be brought to a level.
    """
    keep_what_is_freed()
    decided = _decided(job)  # and let go of all that was noted on the way to it
    return _at_once(job, *decided) if decided else _step_by_step(job)


def _at_once(job: DeliverJob, samples: int, facts: RecordingFacts, chain: Chain, gain_db: float) -> Delivery:
    file = encoder.Mp3(job.out, lambda attempt: _work(job, chain, samples, gain_db, attempt))
    outcome = encoder.nearest(job.target, file)
    made = outcome.heard
    sounded = Sounded(energies=made.energies, true_peak_dbtp=made.true_peak_dbtp, samples=made.samples)
    return Delivery(
        recording=facts,
        mastered=mastering.mastered(chain, sounded, gain_db + outcome.attempt.gain_db),
        encoded=encoder.encoded_as(job.format, job.target, job.out, made),
    )


def _decided(job: DeliverJob) -> tuple[int, RecordingFacts, Chain, float] | None:
    """How many samples there are, what they are like, what to do to them, and with which gain; ``None``: not in one go."""
    noting = Noting((job.source,), ())
    if job.format != "mp3" or not is_plain_at_house_rate(noting.parts[0]) or noting.parts[0].channels > 2:
        return None
    heard = _heard(job, noting)
    facts = _facts(noting, heard)
    heard = replace(heard, raw=None)
    give_back()
    mastering_job = MasterJob(parts=(job.source,), target=job.target, facts=facts, out="")
    as_it_is = width_for(noting.parts, mastering_job) == noting.width
    chain = chain_of(mastering_job, heard if as_it_is else None, parts=noting.parts)
    gain_db = chain.gain_for(job.target.loudness_lufs, ceiling_dbtp=ceiling_of(job.target))
    chain = replace(chain, energies=chain.energies[:0].copy(), peaks=chain.peaks[:0].copy())
    return heard.samples, facts, chain, gain_db


def _heard(job: DeliverJob, noting: Noting) -> Overheard:
    hearing = Hearing(Plain(noting.parts[0]), noting.width, high_pass_hz=job.target.high_pass_hz)
    noting.listen(meanwhile=hearing.go_on)
    return hearing.overheard()


def _facts(noting: Noting, heard: Overheard) -> RecordingFacts:
    if heard.raw is None:
        raise ValueError("what a recording measures was not listened for")
    return noting.facts(heard.raw.outline, true_peak_dbtp=heard.raw.true_peak_dbtp)


def _work(job: DeliverJob, chain: Chain, samples: int, gain_db: float, attempt: Attempt) -> mp3_chunks.Work:
    kbps = mp3_frames.kbps_near(job.target.bitrate_kbps)
    channels = 1 if job.target.channels == "mono" else 2
    before = encoder.gain_before(kbps)

    def blocks(first: int, last: int) -> Iterator[Block]:
        start = max(0, first - _SETTLED) // _GRID * _GRID
        held = chain.held(gain_db + attempt.gain_db, ceiling_dbtp=ceiling_of(job.target), first=start)
        kept = _between(held, first - start, last - start)
        master = (mastering.in_24_bits(block, channels=channels, gain=before) for block in kept)
        return encoder.turned_down(master, attempt.overs, first=first)

    return mp3_chunks.Work(samples=samples, channels=channels, kbps=kbps, blocks=blocks)


def _between(blocks: Iterable[Block], first: int, last: int) -> Iterator[Block]:
    at = 0
    for block in blocks:
        kept = block[max(0, first - at) : max(0, last - at)]
        at += len(block)
        if len(kept):
            yield kept
        if at >= last:
            return


# --------------------------------------------------------------------------------------------------------- the longer way


def _step_by_step(job: DeliverJob) -> Delivery:
    facts = recording.measure(MeasureJob(parts=(job.source,)))
    flac = job.out if job.format == "flac" else f"{job.out}.master.flac"
    try:
        mastered = mastering.master(MasterJob(parts=(job.source,), target=job.target, facts=facts, out=flac))
        if job.format == "flac":
            return Delivery(recording=facts, mastered=mastered, encoded=_as_it_is(flac, mastered))
        encoded = encoder.encode(EncodeJob(master=flac, format=job.format, target=job.target, out=job.out))
        return Delivery(recording=facts, mastered=mastered, encoded=encoded)
    finally:
        if flac != job.out:
            with suppress(OSError):
                Path(flac).unlink()


def _as_it_is(flac: str, mastered: Mastered) -> Encoded:
    return Encoded(
        format="flac",
        media_type="audio/flac",
        duration_s=mastered.duration_s,
        integrated_lufs=mastered.integrated_lufs,
        true_peak_dbtp=mastered.true_peak_dbtp,
        bitrate_kbps=round(Path(flac).stat().st_size * 8 / mastered.duration_s / 1000),
    )
