"""Checks for print: PDF/X-4 (ISO 15930-7) and what printers ask for."""

from collections.abc import Callable, Iterator

from pipeline.errors import fill, make_message
from pipeline.model import Finding
from pipeline.pdf.document_facts import Box, DocumentFacts, PageFacts, Paint, PlacedImage
from pipeline.pdf.findings import make_finding
from pipeline.pdf.output_conditions import MAX_COLOUR_INK

MM = 72 / 25.4
_TOLERANCE_PT = 0.5
_MIN_PPI, _GOOD_PPI = 150, 225
_MIN_LINE_PT = 0.24
_LARGE_TEXT_PT = 18.0  # from this size, text may use several inks
_RGB_SPACES = ("DeviceRGB", "CalRGB", "ICCBased-3")
_CMYK_SPACES = ("DeviceCMYK", "ICCBased-4")
_THEME_FONTS = (
    "Source-Serif-4", "Source-Sans-3", "SourceSerif4", "SourceSans3", "Noto-Emoji", "Noto-Sans-Arabic", "Noto-Sans-Devanagari",
    "Noto-Sans-Hebrew", "Noto-Sans-Symbols-2",
)  # fmt: skip


def check_print(
    document: DocumentFacts, *, bleed_mm: float, multiple_of: int, max_ink: float = MAX_COLOUR_INK
) -> Iterator[Finding]:
    """Run all checks for print.

    ``max_ink`` limits the sum of the inks of one colour, each 0 to 1.
    """
    yield from _check_document(document, multiple_of)
    yield from _check_boxes(document, bleed_mm)
    yield from _check_rgb(document)
    yield from _check_inks(document, max_ink)
    yield from _check_images(document)
    yield from check_fonts(document)
    yield from _check_interactive(document)


def _find_pages(document: DocumentFacts, predicate: Callable[[PageFacts], bool]) -> list[int]:
    return [page.number for page in document.pages if predicate(page)]


def _check_document(document: DocumentFacts, multiple_of: int) -> Iterator[Finding]:
    if not any(name.startswith("PDF/X") for name in document.conformance):
        yield make_finding("not-pdfx", "warning", "PDF/X not declared", hint="Export as PDF/X-4.")
    intents = [intent for intent in document.intents if intent.subtype == "GTS_PDFX"]
    if not intents:
        hint = "Export with an output intent, such as coated FOGRA39."
        yield make_finding("no-intent", "error", "No output intent: press and paper are unknown", hint=hint)
    if len(intents) > 1:
        yield make_finding(
            "many-intents", "error", fill("{count} output intents; a press can use only one", count=len(intents))
        )
    if any(intent.components not in (0, 4) for intent in intents):
        hint = "Use a CMYK profile."
        yield make_finding("intent-not-cmyk", "error", "Output intent is not CMYK", hint=hint)
    if any(intent.components == 0 and not intent.condition for intent in intents):
        yield make_finding("intent-empty", "error", "Output intent has neither a condition nor a profile")
    if document.trapped not in ("/True", "/False"):
        yield make_finding("trapped-unknown", "warning", "Trapped key not set", hint="Set Trapped to False.")
    if missing := -len(document.pages) % multiple_of:
        message = fill(
            "Page count {count} is not a multiple of {multiple_of}: {missing} missing",
            count=len(document.pages),
            multiple_of=multiple_of,
            missing=missing,
        )
        yield make_finding("page-count", "error", message, hint="Add pages for notes.")
    for error in sorted({page.error for page in document.pages if page.error}):
        pages = _find_pages(document, lambda page, error=error: page.error == error)  # type: ignore[misc]
        yield make_finding(
            "page-unreadable",
            "error",
            fill("Page content cannot be read to the end: {error}", error=error),
            pages=pages,
        )


def _check_boxes(document: DocumentFacts, bleed_mm: float) -> Iterator[Finding]:
    if pages := _find_pages(document, lambda page: page.trim is None):
        hint = "Export with trim and bleed; printers position the page by its TrimBox."
        yield make_finding("no-trim", "error", "No TrimBox", pages=pages, hint=hint)
    if pages := _find_pages(document, lambda page: _measure_bleed(page) + _TOLERANCE_PT < bleed_mm * MM):
        hint = fill("Export with {bleed_mm:g} mm bleed on all sides.", bleed_mm=bleed_mm)
        yield make_finding(
            "no-bleed", "error", fill("Bleed is less than {bleed_mm:g} mm", bleed_mm=bleed_mm), pages=pages, hint=hint
        )
    yield from _check_shown_part(document)
    if pages := _find_pages(document, lambda page: not _has_nested_boxes(page)):
        message = "Page boxes are not nested: trim inside bleed inside media"
        yield make_finding("boxes-nest", "error", message, pages=pages)
    sizes = [_get_size_mm(page) for page in document.pages]
    if len(set(sizes)) > 1:
        usual = max(set(sizes), key=sizes.count)
        pages = _find_pages(document, lambda page: _get_size_mm(page) != usual)
        message = fill(
            "Trim size differs from that of the other pages, {width} × {height} mm", width=usual[0], height=usual[1]
        )
        yield make_finding("sizes-differ", "error", message, pages=pages)
    if pages := _find_pages(document, lambda page: bool(page.rotation)):
        yield make_finding("rotated", "warning", "Page is rotated; some presses ignore rotation", pages=pages)
    if pages := _find_pages(document, lambda page: page.registration_in_bleed):
        hint = "Place marks outside the bleed."
        yield make_finding("marks-in-bleed", "error", "Registration colour inside the bleed", pages=pages, hint=hint)


def _check_shown_part(document: DocumentFacts) -> Iterator[Finding]:
    """Find what a press would lose in silence: by scale, by a CropBox, or beyond the edge."""
    if pages := _find_pages(document, lambda page: page.user_unit != 1):
        hint = "Export the pages at their real size, without UserUnit."
        message = "UserUnit scales the page; most presses ignore it and print another size"
        yield make_finding("user-unit", "error", message, pages=pages, hint=hint)
    if pages := _find_pages(document, _hides_bleed):
        hint = "Remove the CropBox, or make it as large as the MediaBox."
        yield make_finding("crop-hides-bleed", "error", "CropBox hides the bleed", pages=pages, hint=hint)
    if pages := _find_pages(document, lambda page: not _contains_box(page.crop, page.trim or page.crop)):
        hint = "Remove the CropBox, or make it as large as the MediaBox."
        yield make_finding("crop-cuts-page", "error", "CropBox cuts off a part of the page", pages=pages, hint=hint)
    if pages := _find_pages(document, lambda page: page.text_off_page):
        hint = "Move it inside the page, or set it smaller."
        yield make_finding("text-off-page", "error", "Text is cut off by the edge of the page", pages=pages, hint=hint)


def _measure_bleed(page: PageFacts) -> float:
    """Return the smallest bleed of a page in points."""
    if page.trim is None:
        return 0.0
    bleed = page.bleed or page.media
    return min(page.trim[0] - bleed[0], page.trim[1] - bleed[1], bleed[2] - page.trim[2], bleed[3] - page.trim[3])


def _hides_bleed(page: PageFacts) -> bool:
    """Return whether a page has bleed that its CropBox hides, although it shows the whole trimmed page."""
    bleed = page.bleed or page.media
    return (
        page.trim is not None
        and _contains_box(page.crop, page.trim)
        and _contains_box(page.media, bleed)
        and not _contains_box(page.crop, bleed)
    )


def _has_nested_boxes(page: PageFacts) -> bool:
    bleed, trim = page.bleed or page.media, page.trim or page.bleed or page.media
    return _contains_box(page.media, bleed) and _contains_box(bleed, trim)


def _contains_box(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0] + _TOLERANCE_PT
        and outer[1] <= inner[1] + _TOLERANCE_PT
        and outer[2] >= inner[2] - _TOLERANCE_PT
        and outer[3] >= inner[3] - _TOLERANCE_PT
    )


def _get_size_mm(page: PageFacts) -> tuple[int, int]:
    box = page.trim or page.media
    return round((box[2] - box[0]) / MM), round((box[3] - box[1]) / MM)


def _find_painted(document: DocumentFacts, predicate: Callable[[Paint], bool]) -> list[int]:
    return _find_pages(document, lambda page: any(predicate(paint) for paint in page.paints))


def _check_rgb(document: DocumentFacts) -> Iterator[Finding]:
    for kind, label in (("text", "Text"), ("line", "Line"), ("area", "Area")):
        pages = _find_painted(document, lambda paint, kind=kind: paint.space in _RGB_SPACES and paint.kind == kind)  # type: ignore[misc]
        if pages:
            message = fill("{label} in RGB; the press converts it to other colours", label=make_message(label))
            yield make_finding(f"rgb-{kind}", "error", message, pages=pages, hint="Use a CMYK colour.")
    if pages := _find_pages(document, lambda page: any(space in _RGB_SPACES for space in page.blend_spaces)):
        hint = "Export with a CMYK blend space."
        yield make_finding("rgb-blend-space", "error", "Transparency blend space is RGB", pages=pages, hint=hint)


def _check_inks(document: DocumentFacts, max_ink: float) -> Iterator[Finding]:
    if pages := _find_painted(document, lambda paint: _sum_inks(paint) > max_ink):
        highest = max(_sum_inks(paint) for page in document.pages for paint in page.paints)
        message = fill(
            "Ink coverage of a colour, {highest:.0%}, exceeds {max_ink:.0%}", highest=highest, max_ink=max_ink
        )
        yield make_finding("ink-colour", "error", message, pages=pages, hint="Reduce cyan, magenta and yellow.")
    if pages := _find_painted(document, _is_white_overprint):
        message = "White is set to overprint: it will not print, and what is below shows"
        yield make_finding("white-overprint", "error", message, pages=pages, hint="Set it to knock out.")
    if pages := _find_painted(document, lambda paint: paint.space == "Lab"):
        message = "Colour in Lab; the press chooses its inks"
        yield make_finding("lab-colour", "warning", message, pages=pages, hint="Use a CMYK colour.")
    if pages := _find_painted(document, _is_rich_black_text):
        message = "Small text in rich black: misregistration causes coloured edges"
        yield make_finding("rich-black-text", "warning", message, pages=pages, hint="Use black only: 0 0 0 100.")
    for spot in sorted({paint.space for page in document.pages for paint in page.paints if _is_spot(paint.space)}):
        pages = _find_painted(document, lambda paint, spot=spot: paint.space == spot)  # type: ignore[misc]
        message = fill("Spot colour {spot} needs an extra separation", spot=spot.removeprefix("Separation "))
        yield make_finding("spot-colour", "warning", message, pages=pages, hint="Order it, or convert it to CMYK.")
    if pages := _find_painted(document, lambda paint: paint.kind == "line" and 0 <= paint.smallest < _MIN_LINE_PT):
        yield make_finding("thin-line", "warning", "Line thinner than 0.25 pt may not print", pages=pages)


def _is_white_overprint(paint: Paint) -> bool:
    """Return whether a paint leaves no ink, and leaves that of others: white on a press is paper."""
    if not paint.overprint or not paint.values:
        return False
    is_additive = paint.space in ("DeviceGray", "CalGray", "ICCBased-1", *_RGB_SPACES)
    return all(value >= 1 if is_additive else value <= 0 for value in paint.values) and paint.space != "Lab"


def _sum_inks(paint: Paint) -> float:
    return sum(paint.values) if paint.space in _CMYK_SPACES else 0.0


def _is_rich_black_text(paint: Paint) -> bool:
    if paint.kind != "text" or paint.space not in _CMYK_SPACES or len(paint.values) != 4:
        return False
    return paint.smallest < _LARGE_TEXT_PT and paint.values[3] >= 0.7 and sum(paint.values[:3]) > 0.05


def _is_spot(space: str) -> bool:
    return space == "DeviceN" or (space.startswith("Separation") and not space.endswith((" All", " Black", " None")))


def _find_images(document: DocumentFacts, predicate: Callable[[PlacedImage], bool]) -> list[int]:
    return _find_pages(document, lambda page: any(predicate(image) for image in page.images))


def _is_low_resolution(image: PlacedImage) -> bool:
    return 0 < image.ppi < _MIN_PPI and image.space != "mask"


def _check_images(document: DocumentFacts) -> Iterator[Finding]:
    if pages := _find_images(document, lambda image: image.space in _RGB_SPACES):
        hint = "Convert it to CMYK with the profile of the press."
        yield make_finding("rgb-image", "error", "Image in RGB", pages=pages, hint=hint)
    if pages := _find_images(document, lambda image: image.space == "Lab"):
        hint = "Convert it to CMYK with the profile of the press."
        yield make_finding("lab-image", "warning", "Image in Lab", pages=pages, hint=hint)
    if pages := _find_images(document, _is_low_resolution):
        lowest = min(image.ppi for page in document.pages for image in page.images if _is_low_resolution(image))
        message = fill("Image resolution {lowest:.0f} ppi is below {min_ppi} ppi", lowest=lowest, min_ppi=_MIN_PPI)
        yield make_finding(
            "low-resolution", "error", message, pages=pages, hint="Use a larger file, or print it smaller."
        )
    if pages := _find_images(document, lambda image: _MIN_PPI <= image.ppi < _GOOD_PPI):
        message = fill("Image resolution is below {good_ppi} ppi and may look soft", good_ppi=_GOOD_PPI)
        yield make_finding("fair-resolution", "warning", message, pages=pages, hint="Printers ask for 300 ppi.")
    if pages := _find_images(document, lambda image: image.bits > 8):
        yield make_finding("image-bits", "warning", "Image has more than 8 bits per component", pages=pages)


def check_fonts(document: DocumentFacts) -> Iterator[Finding]:
    """Find fonts that are not embedded, or that the theme does not have."""
    if names := sorted({font.name for font in document.fonts if not font.embedded}):
        message = fill("Fonts not embedded: {names}", names=", ".join(names))
        yield make_finding("font-not-embedded", "error", message, hint="Export with all fonts embedded.")
    if names := sorted({font.name for font in document.fonts if font.kind == "Type3"}):
        yield make_finding("font-type3", "warning", fill("Type 3 fonts: {names}", names=", ".join(names)))
    foreign = sorted({font.name for font in document.fonts if not font.name.startswith(_THEME_FONTS)})
    if foreign and document.creator == "Weerslag":
        message = fill(
            "Fallback fonts, for characters that the theme's fonts lack: {foreign}", foreign=", ".join(foreign)
        )
        yield make_finding("font-fallback", "warning", message, hint="Use characters of the theme's fonts.")


def _check_interactive(document: DocumentFacts) -> Iterator[Finding]:
    if pages := _find_pages(document, lambda page: any(one.in_bleed for one in page.annotations)):
        hint = "Export without links, comments and forms."
        yield make_finding(
            "annotations", "error", "Annotations on the page; PDF/X forbids them", pages=pages, hint=hint
        )
    older = [name for name in document.conformance if name.startswith(("PDF/X-1", "PDF/X-3"))]
    if older and (pages := _find_pages(document, lambda page: page.transparent)):
        message = fill("Transparency; {older} forbids it", older=older[0])
        yield make_finding("transparency", "error", message, pages=pages, hint="Export as PDF/X-4.")
    if document.encrypted:
        hint = "Save it without protection."
        yield make_finding("encrypted", "error", "Encrypted; PDF/X forbids it", hint=hint)
    if document.has_scripts:
        yield make_finding("scripts", "error", "Scripts or actions; PDF/X forbids them")
    if document.form_fields:
        yield make_finding("form-fields", "error", "Form fields", hint="Print it to a PDF again.")
    if document.attachments:
        yield make_finding("attachments", "warning", "Attached files", hint="Remove them.")
    if document.has_layers:
        yield make_finding("layers", "warning", "Layers: unclear which of them print", hint="Flatten them.")
