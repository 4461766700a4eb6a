"""The functions of all tasks. Each imports what it needs when it runs: naming a function loads no library."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline import model
    from pipeline.audio import tasks as audio
    from pipeline.audio.clip_tasks import ClipTask
    from pipeline.audio.excerpts.tasks import ExcerptTask
    from pipeline.audio.passthrough_tasks import PassthroughResult, PassthroughTask
    from pipeline.audio.speech_tasks import SpeechSoundTask, TrackSoundTask
    from pipeline.graphics import tasks as graphics
    from pipeline.pdf import tasks as pdf
    from pipeline.preflight.tasks import PreflightReport, PreflightTask
    from pipeline.speech import tasks as speech
    from pipeline.speech.alignment.tasks import AlignedText, AlignTextTask


def run_measure(task: audio.MeasureTask) -> audio.RecordingFacts:
    """Measure a recording and find its defects."""
    from pipeline.audio.analysis.recording import measure_recording

    return measure_recording(task)


def run_inspect(task: audio.InspectTask) -> audio.InspectResult:
    """Measure any audio file."""
    from pipeline.audio.analysis.recording import inspect_file

    return inspect_file(task)


def run_align_tracks(task: audio.AlignTracksTask) -> model.TakeAlignment:
    """Align the tracks of a take."""
    from pipeline.audio.tracks.take import align

    return align(task)


def run_mix_tracks(task: audio.MixTracksTask) -> model.Take:
    """Mix the tracks of a take."""
    from pipeline.audio.tracks.take import mix

    return mix(task)


def run_convert_for_speech(task: SpeechSoundTask) -> float:
    """Convert a recording for speech recognition."""
    from pipeline.audio.speech_sound import convert_for_speech

    return convert_for_speech(task)


def run_convert_track(task: TrackSoundTask) -> float:
    """Convert a track for speech recognition."""
    from pipeline.audio.speech_sound import convert_track

    return convert_track(task)


def run_find_speech(task: speech.FindSpeechTask) -> speech.SpeechPlan:
    """Find speech in a recording, and divide it into blocks."""
    from pipeline.speech.blocks import plan_blocks

    return plan_blocks(task)


def run_recognise(task: speech.RecogniseTask) -> tuple[model.SpokenWord, ...]:
    """Recognise the words of a block."""
    from pipeline.speech.block_recognition import recognise_block

    return recognise_block(task)


def run_find_speakers(task: speech.FindSpeakersTask) -> tuple[model.SpeakerSpan, ...]:
    """Find out who speaks when, by voice."""
    from pipeline.speech.diarisation import find_speakers

    return find_speakers(task)


def run_denoise(task: audio.DenoiseTask) -> audio.DenoiseResult:
    """Reduce the noise of a recording with a neural network."""
    from pipeline.audio.denoising import denoise

    return denoise(task)


def run_master(task: audio.MasterTask) -> audio.MasterResult:
    """Master a recording."""
    from pipeline.audio.mastering import master

    return master(task)


def run_encode(task: audio.EncodeTask) -> audio.EncodeResult:
    """Encode a master."""
    from pipeline.audio.encoding.encoder import encode_master

    return encode_master(task)


def run_passthrough(task: PassthroughTask) -> PassthroughResult:
    """Copy and measure a file that is published as it is."""
    from pipeline.audio.passthrough import copy_file

    return copy_file(task)


def run_tag(task: audio.TagTask) -> audio.TagResult:
    """Tag an encoded file."""
    from pipeline.audio.tagging import tag

    return tag(task)


def run_teaser(task: audio.TeaserTask) -> audio.EncodeResult:
    """Encode a teaser."""
    from pipeline.audio.teasers import encode_teaser

    return encode_teaser(task)


def run_clip(task: ClipTask) -> float:
    """Make the clip of a teaser."""
    from pipeline.audio.clips import make_clip

    return make_clip(task)


def run_excerpts(task: ExcerptTask) -> tuple[model.Excerpt, ...]:
    """Write excerpts of a recording and its master."""
    from pipeline.audio.excerpts.writer import write_excerpts

    return write_excerpts(task)


def run_master_file(task: audio.MasterFileTask) -> audio.MasterFileResult:
    """Measure, master and encode one file."""
    if task.target.noise_reduction == "neural":
        from pipeline.audio.denoising import master_denoised_file

        return master_denoised_file(task)
    from pipeline.audio.mastering import master_file

    return master_file(task)


def run_align_text(task: AlignTextTask) -> AlignedText:
    """Find the times of a text in a recording."""
    from pipeline.speech.alignment.text_alignment import align_text

    return align_text(task)


def run_draw_cover(task: graphics.CoverTask) -> graphics.ImageResult:
    """Draw a cover."""
    from pipeline.graphics.covers import draw_cover

    return draw_cover(task)


def run_fit_cover(task: graphics.FitCoverTask) -> graphics.ImageResult:
    """Fit a given picture to a cover."""
    from pipeline.graphics.image_cleaning import fit_cover

    return fit_cover(task)


def run_clean_image(task: graphics.CleanImageTask) -> graphics.ImageResult:
    """Clean a picture."""
    from pipeline.graphics.image_cleaning import clean_image

    return clean_image(task)


def run_read_scan(task: graphics.ReadScanTask) -> graphics.ScanCodes:
    """Read the QR codes of a scan."""
    from pipeline.graphics.scans import read_scan

    return read_scan(task)


def run_convert_image(task: graphics.PrintImageTask) -> graphics.ImageResult:
    """Convert a picture to the colours of the press."""
    from pipeline.graphics.print_images import convert_to_cmyk

    return convert_to_cmyk(task)


def run_draw_social_image(task: graphics.SocialImageTask) -> graphics.ImageResult:
    """Draw the picture of a link preview."""
    from pipeline.graphics.social_images import draw_social_image

    return draw_social_image(task)


def run_unpack_font(task: pdf.UnpackFontTask) -> int:
    """Unpack a web font."""
    from pipeline.pdf.woff2_fonts import unpack_font

    return unpack_font(task)


def run_render_pdf(task: pdf.RenderPdfTask) -> pdf.RenderPdfResult:
    """Render a section of the magazine."""
    from pipeline.pdf.renderer import render_pdf

    return render_pdf(task)


def run_merge_sections(task: pdf.MergeSectionsTask) -> int:
    """Merge the sections of an edition."""
    from pipeline.pdf.section_merge import merge_sections

    return merge_sections(task)


def run_impose_booklet(task: pdf.ImposeBookletTask) -> int:
    """Impose a booklet."""
    from pipeline.pdf.imposition import impose_booklet

    return impose_booklet(task)


def run_preflight(task: PreflightTask) -> PreflightReport:
    """Check a PDF for print and accessibility faults."""
    from pipeline.preflight.checks import check_pdf

    return check_pdf(task)
