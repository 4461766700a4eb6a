"""Places the reflections of an event on pages: short ones together, one quote large, an even number of pages if it can be."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.graphics import qr_svg
from pipeline.magazine import copyfit
from pipeline.magazine.copyfit import PAGE_MM, WIDE_MM, Scale
from pipeline.magazine.pages import EpisodeBox, Listening, Piece, Place, Sheet
from pipeline.magazine.pull_quotes import Pool, ink_number, pulled, voice_mm
from pipeline.magazine.text_blocks import blocks_of
from pipeline.model import Event, Moment, Programme, Reflection, Release

Releases = Mapping[str, Release]  # by the slug of the episode

_GAP_MM = 12.0
_SPARE_MM = 10.0  # an estimate may be wrong by a line or two
_RAGGED_MM = 16.0  # a picture cannot be broken: columns end less evenly beside one
_LABEL_MM = 8.5
_LISTENING_MM = 34.0  # a QR code with its words


def sheets_of(
    programme: Programme, releases: Releases, event: Event, pool: Pool, scale: Scale, places: Mapping[str, str]
) -> tuple[Sheet, ...]:
    """The pages of an event after its opening spread."""
    pieces = [_piece(programme, releases, one, ink_number(event), places) for one in programme.reflections_of(event.id)]
    pages = copyfit.shared_out(
        pieces, [_least_mm(piece, scale) for piece in pieces], gap=_GAP_MM, room=PAGE_MM - _SPARE_MM
    )
    sheets = [_set_sheet(page, scale) for page in pages]
    if page_count(sheets, scale) % 2 and (voice := pool.take(event.id)):
        sheets.append(Sheet(voice=voice))
    return tuple(sheets)


def page_count(sheets: Sequence[Sheet], scale: Scale) -> int:
    """How many pages they will take: one each, but for a reflection that is longer than a page."""
    return sum(max(1, -int(-_total_mm(sheet.pieces, scale) // PAGE_MM)) for sheet in sheets)


def used_mm(sheet: Sheet, scale: Scale) -> float:
    """How high the reflections of a sheet will stand together, about; more than a page where they run over."""
    return _total_mm(sheet.pieces, scale)


def place_of(programme: Programme, path: str, *, title: str) -> Place:
    """Where ``path`` is served, to scan, to follow and to read."""
    address = urls.absolute(programme.url, path)
    return Place(address=address, words=address.split("://", 1)[-1].rstrip("/"), qr=qr_svg(address, title=title))


def box_of(programme: Programme, release: Release) -> EpisodeBox:
    """How to hear an episode."""
    episode = release.episode
    event = programme.event(episode.event) if episode.event else None
    place = place_of(
        programme,
        urls.episode(episode.slug),
        title=f"{episode.title}: {urls.absolute(programme.url, urls.episode(episode.slug))}",
    )
    return EpisodeBox(release=release, place=place, ink=ink_number(event))


def _piece(
    programme: Programme, releases: Releases, reflection: Reflection, ink: int, places: Mapping[str, str]
) -> Piece:
    folder = f"magazine/reflections/{reflection.event}"
    return Piece(
        anchor=f"reflection-{reflection.event}-{reflection.slug}",
        reflection=reflection,
        blocks=blocks_of(reflection.text_md, language=programme.language, top=4, folder=folder, places=places),
        voice=pulled(reflection, ink),
        listening=_listening(programme, releases, reflection.moment) if reflection.moment else None,
    )


def _listening(programme: Programme, releases: Releases, moment: Moment) -> Listening | None:
    """A moment on the clock that the listener sees; none while there is nothing to hear."""
    release = releases.get(moment.episode)
    if release is None:
        return None
    at_ms = release.heard_ms(moment.start_ms)
    chapter = next((one.title for one in reversed(release.chapters) if one.start_ms <= at_ms), release.episode.title)
    place = place_of(programme, urls.moment(moment.episode, at_ms), title=chapter)
    return Listening(place=place, at_s=at_ms / 1000, chapter=chapter)


# ------------------------------------------------------------------------------------------------------------ copy-fitting


def _set_sheet(page: Sequence[Piece], scale: Scale) -> Sheet:
    """One page: its quotes as large as there is room for, and what is left as white around quotes or between pieces."""
    pieces = [_resized(piece, 3) for piece in page]
    for size in (2, 1, 0) if len(page) == 1 else (2,):
        larger = [_resized(piece, size) for piece in page]
        if _total_mm(larger, scale) <= PAGE_MM - _SPARE_MM:
            pieces = larger
    left = PAGE_MM - _SPARE_MM - _total_mm(pieces, scale)
    if len(page) == 1:
        return Sheet(pieces=tuple(pieces), solo=left >= 0)
    return Sheet(pieces=tuple(pieces), gap_mm=_GAP_MM + max(0.0, min(24.0, left / (len(page) - 1))))


def _resized(piece: Piece, size: int) -> Piece:
    return replace(piece, voice=replace(piece.voice, size=size)) if piece.voice else piece


def _total_mm(page: Sequence[Piece], scale: Scale) -> float:
    if len(page) == 1:  # a title alone on its page takes the room of two lines, even if it has one
        foot = _foot_mm(page[0], scale)
        low = max(0.0, _LISTENING_MM + 4 - foot) if foot else 0.0  # and its foot that of a QR code
        return _piece_mm(page[0], scale) + max(0.0, 2 * copyfit.HEAD_2.line_mm - _title_mm(page[0])) + low
    return sum(_piece_mm(piece, scale) for piece in page) + _GAP_MM * (len(page) - 1)


def _least_mm(piece: Piece, scale: Scale) -> float:
    return _piece_mm(_resized(piece, 3), scale)


def _piece_mm(piece: Piece, scale: Scale) -> float:
    """How high a reflection will stand, about."""
    text_md = piece.reflection.text_md
    text = copyfit.balanced_mm(copyfit.column_lines(text_md, scale), scale) + _RAGGED_MM * min(2, text_md.count("!["))
    return _head_mm(piece) + text + (voice_mm(piece.voice) if piece.voice else 8.0) + _foot_mm(piece, scale)


def _head_mm(piece: Piece) -> float:
    return _LABEL_MM + _title_mm(piece) + 6


def _title_mm(piece: Piece) -> float:
    return copyfit.height_mm(piece.reflection.question or piece.reflection.group, copyfit.HEAD_2, WIDE_MM)


def _foot_mm(piece: Piece, scale: Scale) -> float:
    width = 100.0 if piece.listening else WIDE_MM - 5
    insights = sum(copyfit.height_mm(text, scale.list, width) + 1.5 for text in piece.reflection.insights)
    box = _LISTENING_MM if piece.listening else 0.0
    return max(insights + 6 if insights else 0.0, box) + (4 if insights or box else 0)
