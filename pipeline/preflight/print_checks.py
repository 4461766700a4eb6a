"""What a printer refuses, or what comes off the press other than meant (PDF/X-4: ISO 15930-7; and what printers ask)."""

from collections.abc import Callable, Iterator

from pipeline.magazine.colours import MOST_INK
from pipeline.model import Finding
from pipeline.pdf.document_facts import Box, PageFacts, Paint, PdfReading
from pipeline.preflight.findings import told

MM = 72 / 25.4
_SLACK_PT = 0.5
_COARSE_PPI, _SOFT_PPI = 150, 225
_THIN_PT = 0.24
_LARGE_PT = 18.0  # from here on, text may stand in more than one ink
_LIGHT = ("DeviceRGB", "CalRGB", "ICCBased-3", "Lab")
_OWN_FONTS = ("Source-Serif-4", "Source-Sans-3", "SourceSerif4", "SourceSans3")


def findings(
    reading: PdfReading, *, bleed_mm: float, multiple_of: int, most_ink: float = MOST_INK
) -> Iterator[Finding]:
    """Everything a printer would ring about."""
    yield from _document(reading, multiple_of)
    yield from _boxes(reading, bleed_mm)
    yield from _colours(reading, most_ink)
    yield from _pictures(reading)
    yield from fonts(reading)
    yield from _extras(reading)


def _on(reading: PdfReading, asked: Callable[[PageFacts], bool]) -> list[int]:
    return [page.number for page in reading.pages if asked(page)]


def _document(reading: PdfReading, multiple_of: int) -> Iterator[Finding]:
    if not any(claim.startswith("PDF/X") for claim in reading.claims):
        yield told("not-pdfx", "warning", "does not say that it is PDF/X", hint="Export as PDF/X-4.")
    intents = [intent for intent in reading.intents if intent.subtype == "GTS_PDFX"]
    if not intents:
        hint = "Export with an output intent, such as coated FOGRA39."
        yield told("no-intent", "error", "does not say for which press and paper its colours were made", hint=hint)
    if len(intents) > 1:
        yield told("many-intents", "error", f"names {len(intents)} output intents; a press can follow one")
    if any(intent.components not in (0, 4) for intent in intents):
        yield told("intent-not-cmyk", "error", "its output intent is not for four inks", hint="Take a CMYK profile.")
    if any(intent.components == 0 and not intent.condition for intent in intents):
        yield told("intent-empty", "error", "its output intent names no condition and holds no profile")
    if reading.trapped not in ("/True", "/False"):
        yield told("trapped-unknown", "warning", "does not say whether it was trapped", hint="Set Trapped to False.")
    if len(reading.pages) % multiple_of:
        short = -len(reading.pages) % multiple_of
        message = f"{len(reading.pages)} pages do not fill their sheets: {short} short of a multiple of {multiple_of}"
        yield told("pages-odd", "error", message, hint="Add pages for notes.")
    for why in sorted({page.broken for page in reading.pages if page.broken}):
        pages = [page.number for page in reading.pages if page.broken == why]
        yield told("page-broken", "error", f"cannot be drawn to its end: {why}", pages=pages)


def _boxes(reading: PdfReading, bleed_mm: float) -> Iterator[Finding]:
    if pages := _on(reading, lambda page: page.trim is None):
        hint = "Export with trim and bleed; a printer places the page by its TrimBox."
        yield told("no-trim", "error", "does not say where the page is cut (no TrimBox)", pages=pages, hint=hint)
    if pages := _on(reading, lambda page: _bleed_pt(page) + _SLACK_PT < bleed_mm * MM):
        hint = f"Export with {bleed_mm:g} mm bleed on all sides."
        yield told("no-bleed", "error", f"less than {bleed_mm:g} mm is left to cut off", pages=pages, hint=hint)
    if pages := _on(reading, lambda page: not _nested(page)):
        yield told("boxes-nest", "error", "trim, bleed and paper do not lie inside each other", pages=pages)
    sizes = {_size(page.trim or page.media) for page in reading.pages}
    if len(sizes) > 1:
        usual = max(sizes, key=lambda size: len(_on(reading, lambda page: _size(page.trim or page.media) == size)))
        pages = _on(reading, lambda page: _size(page.trim or page.media) != usual)
        message = f"is cut to another size than the other pages, {usual[0]} × {usual[1]} mm"
        yield told("sizes-differ", "error", message, pages=pages)
    if pages := _on(reading, lambda page: bool(page.rotated)):
        yield told("rotated", "warning", "is turned; some presses print it unturned", pages=pages)
    if pages := _on(reading, lambda page: page.registration_inside):
        hint = "Let marks begin outside the bleed."
        yield told("marks-inside", "error", "marks in registration colour touch the bleed", pages=pages, hint=hint)


def _bleed_pt(page: PageFacts) -> float:
    if page.trim is None:
        return 0.0
    bleed = page.bleed or page.media
    return min(page.trim[0] - bleed[0], page.trim[1] - bleed[1], bleed[2] - page.trim[2], bleed[3] - page.trim[3])


def _nested(page: PageFacts) -> bool:
    bleed, trim = page.bleed or page.media, page.trim or page.bleed or page.media
    return _holds(page.media, bleed) and _holds(bleed, trim)


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0] + _SLACK_PT
        and outer[1] <= inner[1] + _SLACK_PT
        and outer[2] >= inner[2] - _SLACK_PT
        and outer[3] >= inner[3] - _SLACK_PT
    )


def _size(box: Box) -> tuple[int, int]:
    return round((box[2] - box[0]) / MM), round((box[3] - box[1]) / MM)


# ------------------------------------------------------------------------------------------------------------------- colours


def _painted(reading: PdfReading, asked: Callable[[Paint], bool]) -> list[int]:
    return _on(reading, lambda page: any(asked(paint) for paint in page.paints))


def _colours(reading: PdfReading, most_ink: float) -> Iterator[Finding]:
    for what, word in (("text", "text"), ("line", "a line"), ("area", "an area")):
        pages = _painted(reading, lambda paint, what=what: paint.space in _LIGHT and paint.what == what)  # type: ignore[misc]
        if pages:
            hint = "Give it a colour in CMYK."
            yield told(
                f"rgb-{what}",
                "error",
                f"{word} is in RGB, which the press turns into other inks",
                pages=pages,
                hint=hint,
            )
    if pages := _on(reading, lambda page: any(space in _LIGHT for space in page.mixed_in)):
        message = "what is transparent is mixed in RGB, which the press turns into other inks"
        yield told("rgb-mixing", "error", message, pages=pages, hint="Export with a CMYK blend space.")
    if pages := _painted(reading, lambda paint: _ink(paint) > most_ink):
        most = max(_ink(paint) for page in reading.pages for paint in page.paints)
        message = f"a colour takes {most:.0%} of ink, more than {most_ink:.0%} dries"
        yield told("ink-colour", "error", message, pages=pages, hint="Take less of cyan, magenta and yellow.")
    if pages := _painted(reading, _is_rich_text):
        message = "small text stands on more than the black plate, and gets coloured edges"
        yield told("black-text", "warning", message, pages=pages, hint="Set text in black alone: 0 0 0 100.")
    spots = sorted({paint.space for page in reading.pages for paint in page.paints if _is_spot(paint.space)})
    for spot in spots:
        pages = _painted(reading, lambda paint, spot=spot: paint.space == spot)  # type: ignore[misc]
        message = f"asks for a plate of its own: {spot.removeprefix('Separation ')}"
        yield told("spot-colour", "warning", message, pages=pages, hint="Order it, or turn it into CMYK.")
    if pages := _painted(reading, lambda paint: paint.what == "line" and 0 <= paint.smallest < _THIN_PT):
        yield told("thin-line", "warning", "a line is thinner than 0.25 pt and may not print", pages=pages)


def _ink(paint: Paint) -> float:
    return sum(paint.values) if paint.space in ("DeviceCMYK", "ICCBased-4") else 0.0


def _is_rich_text(paint: Paint) -> bool:
    if paint.what != "text" or paint.space not in ("DeviceCMYK", "ICCBased-4") or len(paint.values) != 4:
        return False
    return paint.smallest < _LARGE_PT and paint.values[3] >= 0.7 and sum(paint.values[:3]) > 0.05


def _is_spot(space: str) -> bool:
    return space == "DeviceN" or (space.startswith("Separation") and not space.endswith((" All", " Black", " None")))


# ------------------------------------------------------------------------------------------------------------------ pictures


def _pictures(reading: PdfReading) -> Iterator[Finding]:
    if pages := _on(reading, lambda page: any(one.space in _LIGHT for one in page.pictures)):
        yield told("rgb-picture", "error", "a picture is in RGB", pages=pages, hint="Turn it into CMYK by the profile.")
    coarse = [
        one.ppi for page in reading.pages for one in page.pictures if 0 < one.ppi < _COARSE_PPI and one.space != "mask"
    ]
    if coarse:
        pages = _on(
            reading, lambda page: any(0 < one.ppi < _COARSE_PPI and one.space != "mask" for one in page.pictures)
        )
        message = f"a picture has {min(coarse):.0f} pixels to the inch; below {_COARSE_PPI} they show"
        yield told("picture-coarse", "error", message, pages=pages, hint="Take a larger file, or place it smaller.")
    if pages := _on(reading, lambda page: any(_COARSE_PPI <= one.ppi < _SOFT_PPI for one in page.pictures)):
        message = f"a picture has fewer than {_SOFT_PPI} pixels to the inch, and will look soft"
        yield told("picture-soft", "warning", message, pages=pages, hint="300 is what printers ask for.")
    if pages := _on(reading, lambda page: any(one.bits > 8 for one in page.pictures)):
        yield told("picture-deep", "warning", "a picture has more than 8 bits a colour", pages=pages)


def fonts(reading: PdfReading) -> Iterator[Finding]:
    """Fonts that are not in the file, or that nobody chose."""
    outside = sorted({font.name for font in reading.fonts if not font.embedded})
    if outside:
        message = f"fonts are not embedded: {', '.join(outside)}"
        yield told("font-outside", "error", message, hint="Export with all fonts embedded.")
    drawn = sorted({font.name for font in reading.fonts if font.kind == "Type3"})
    if drawn:
        yield told("font-drawn", "warning", f"fonts are drawings (Type 3): {', '.join(drawn)}")
    if reading.creator == "Weerslag":
        strange = sorted({font.name for font in reading.fonts if not font.name.startswith(_OWN_FONTS)})
        if strange:
            message = f"fonts that the theme does not name stand in for missing letters: {', '.join(strange)}"
            yield told("font-strange", "warning", message, hint="Use letters that the theme's fonts have.")


def _extras(reading: PdfReading) -> Iterator[Finding]:
    if pages := _on(reading, lambda page: any(note.in_bleed for note in page.notes)):
        hint = "Export without links, comments and forms."
        yield told(
            "annotations", "error", "links or comments lie on the page, which PDF/X forbids", pages=pages, hint=hint
        )
    older = [claim for claim in reading.claims if claim.startswith(("PDF/X-1", "PDF/X-3"))]
    if older and (pages := _on(reading, lambda page: page.transparent)):
        yield told(
            "transparency", "error", f"is transparent, which {older[0]} forbids", pages=pages, hint="Export as PDF/X-4."
        )
    if reading.encrypted:
        yield told("encrypted", "error", "is encrypted; PDF/X may not be", hint="Save it without protection.")
    if reading.scripts:
        yield told("scripts", "error", "holds scripts or actions, which PDF/X forbids")
    if reading.fields:
        yield told("form-fields", "error", "holds a form to fill in", hint="Print it to PDF once more.")
    if reading.attachments:
        yield told("attachments", "warning", "holds other files inside", hint="Take them out.")
    if reading.layers:
        yield told("layers", "warning", "has layers: which of them print is not said", hint="Flatten them.")
