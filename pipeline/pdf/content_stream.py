"""Interpretation of content streams: colours, sizes, resolution, untagged content."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Matrix, Stream

from pipeline.pdf.document_facts import Box, Paint, PlacedImage
from pipeline.pdf.text_extent import TextPosition, TextState

PdfColour: TypeAlias = tuple[str, tuple[float, ...]]

_MAX_OPERATORS = 3_000_000  # of one page; a page with more is not read
_MAX_FORM_DEPTH = 12
_COLOUR_OPERATORS = {"g": "DeviceGray", "rg": "DeviceRGB", "k": "DeviceCMYK"}  # in capitals for the stroke colour
_FILL_OPERATORS = {"f", "F", "f*", "B", "B*", "b", "b*"}
_STROKE_OPERATORS = {"S", "s", "B", "B*", "b", "b*"}
_TEXT_OPERATORS = {"Tj", "TJ", "'", '"'}
_INVISIBLE_MODES = (3, 7)
_TEXT_TOLERANCE_PT = 1.0


@dataclass(slots=True)
class _GraphicsState:
    """The graphics state that q saves and Q restores; a colour is its space and its values."""

    matrix: Matrix
    fill: PdfColour = ("DeviceGray", (0.0,))
    stroke: PdfColour = ("DeviceGray", (0.0,))
    width: float = 1.0
    fill_overprint: bool = False
    stroke_overprint: bool = False
    text: TextState = field(default_factory=TextState)


class ContentStreamReader:
    """Reads one page with its forms and patterns."""

    def __init__(self, *, media: Box, bleed: Box, trim: Box) -> None:
        self.media, self.bleed, self.trim = media, bleed, trim
        self._paints: dict[tuple[str, tuple[float, ...], str, bool], float] = {}
        self.images: list[PlacedImage] = []
        self.blend_spaces: set[str] = set()
        self.transparent = self.registration_in_bleed = self.text_off_page = False
        self.untagged = self.text_operators = self._count = 0
        self._marked_content: list[str] = []
        self._position = TextPosition()
        self._open_forms: list[Any] = []
        self._path: list[tuple[float, float]] = []

    def list_paints(self) -> tuple[Paint, ...]:
        """List the colours used, in a fixed order."""
        return tuple(
            Paint(space=space, values=values, kind=kind, smallest=smallest, overprint=overprint)
            for (space, values, kind, overprint), smallest in sorted(self._paints.items())
        )

    def read_page(self, page: pikepdf.Page) -> str:
        """Read a page; returns why it could not be read to the end, or an empty string."""
        try:
            resources = page.obj.get("/Resources", page.resources if "/Resources" in page.obj else Dictionary())
            self._read_content(page, resources, _GraphicsState(Matrix()), 0)
        except (pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error) as error:
            return str(error).splitlines()[0] if str(error) else type(error).__name__
        return ""

    def _read_content(self, content: Any, resources: Any, state: _GraphicsState, depth: int) -> None:
        stack: list[_GraphicsState] = []
        for one in pikepdf.parse_content_stream(content):
            self._count += 1
            if self._count > _MAX_OPERATORS:
                raise ValueError(f"more than {_MAX_OPERATORS} operators")
            operator, operands = str(one.operator), one.operands
            if operator == "q":
                stack.append(_copy_state(state))
            elif operator == "Q":
                state = stack.pop() if stack else state
            else:
                self._apply_operator(operator, operands, resources, state, depth)

    def _apply_operator(self, operator: str, operands: Any, resources: Any, state: _GraphicsState, depth: int) -> None:
        colour = "stroke" if operator.isupper() else "fill"
        if space := _COLOUR_OPERATORS.get(operator.lower()):
            setattr(state, colour, (space, tuple(float(value) for value in operands)))
        elif operator in ("cs", "CS"):
            space = _name_colour_space(_find_resource(resources, "/ColorSpace", operands[0]))
            setattr(state, colour, (space, (0.0,)))
        elif operator in ("sc", "scn", "SC", "SCN"):
            self._read_colour(colour, operands, resources, state, depth)
        elif operator in ("BDC", "BMC"):
            self._marked_content.append(str(operands[0]))
        elif operator == "EMC":
            del self._marked_content[-1:]
        elif operator in ("m", "l", "re", "c"):
            self._add_points(operator, operands, state)
        elif operator in _FILL_OPERATORS or operator in _STROKE_OPERATORS:
            self._paint_path(operator, state)
        elif operator == "n":
            self._path = []
        elif operator in _TEXT_OPERATORS:
            self._paint_text(operator, operands, state)
        else:
            self._apply_other_operator(operator, operands, resources, state, depth)

    def _apply_other_operator(
        self, operator: str, operands: Any, resources: Any, state: _GraphicsState, depth: int
    ) -> None:
        match operator:
            case "cm":
                state.matrix = _read_matrix(operands) @ state.matrix
            case "w":
                state.width = float(operands[0])
            case "Tf" | "Tr" | "Tc" | "Tw" | "Tz" | "TL" | "Ts":
                _set_text_parameter(operator, operands, resources, state.text)
            case "BT" | "Tm" | "Td" | "TD" | "T*":
                self._move_text(operator, operands, state)
            case "gs":
                self._apply_graphics_state(_find_resource(resources, "/ExtGState", operands[0]), state)
            case "Do" | "sh":
                self._draw_named(operator, operands[0], resources, state, depth)
            case "INLINE IMAGE":
                self._count_untagged()
                self._add_image(operands[0].obj if hasattr(operands[0], "obj") else Dictionary(), state)

    def _read_colour(self, colour: str, operands: Any, resources: Any, state: _GraphicsState, depth: int) -> None:
        values = tuple(float(value) for value in operands if not isinstance(value, pikepdf.Name))
        setattr(state, colour, (getattr(state, colour)[0], values))
        if len(values) < len(operands):  # a pattern: its content counts as part of this page
            pattern = _find_resource(resources, "/Pattern", operands[-1])
            if isinstance(pattern, Stream):
                self._draw_form(pattern, resources, state, depth)
            elif isinstance(pattern, Dictionary):  # a gradient: its colour space is what matters
                setattr(state, colour, (_get_shading_space(pattern.get("/Shading")), ()))

    def _paint(self, kind: str, colour: PdfColour, size_pt: float, *, overprint: bool = False) -> None:
        key = (colour[0], tuple(round(value, 4) for value in colour[1]), kind, overprint)
        self._paints[key] = min(self._paints.get(key, math.inf), round(size_pt, 3))

    def _add_points(self, operator: str, operands: Any, state: _GraphicsState) -> None:
        numbers = [float(value) for value in operands]
        if operator == "re":
            x, y, width, height = numbers
            numbers = [x, y, x + width, y + height]
        points = zip(numbers[::2], numbers[1::2], strict=False)
        if len(self._path) < 1000:
            self._path += [state.matrix.transform(point) for point in points]

    def _paint_path(self, operator: str, state: _GraphicsState) -> None:
        self._count_untagged()
        if operator in _FILL_OPERATORS:
            self._paint("area", state.fill, 0.0, overprint=state.fill_overprint)
        if operator in _STROKE_OPERATORS:
            width = state.width * _compute_scale(state.matrix)
            self._paint("line", state.stroke, width, overprint=state.stroke_overprint)
        used = [state.fill] * (operator in _FILL_OPERATORS) + [state.stroke] * (operator in _STROKE_OPERATORS)
        if any(space == "Separation All" for space, _ in used):
            self.registration_in_bleed |= any(_contains(point, self.bleed) for point in self._path)
        self._path = []

    def _paint_text(self, operator: str, operands: Any, state: _GraphicsState) -> None:
        self._count_untagged()
        self.text_operators += 1
        text = state.text
        if operator in ("'", '"'):
            self._position.move(0, -text.leading)
        size = text.size * _compute_scale(self._position.matrix) * _compute_scale(state.matrix)
        ends = [state.matrix.transform(point) for point in self._position.draw(operands[-1], text)]
        if text.mode in (0, 2, 4, 6):
            self._paint("text", state.fill, size, overprint=state.fill_overprint)
        if text.mode in (1, 2, 5, 6):
            self._paint("text", state.stroke, size, overprint=state.stroke_overprint)
        self.text_off_page |= text.mode not in _INVISIBLE_MODES and self._leaves_page(ends)

    def _leaves_page(self, ends: Sequence[tuple[float, float]]) -> bool:
        """Return whether a line of text is not all inside the trim; a note of the printer beside the bleed is no fault."""
        if all(_contains(end, self.trim, margin=_TEXT_TOLERANCE_PT) for end in ends):
            return False
        beside = not any(_contains(end, self.bleed) for end in ends)
        return not (beside and all(_contains(end, self.media) for end in ends))

    def _move_text(self, operator: str, operands: Any, state: _GraphicsState) -> None:
        if operator in ("BT", "Tm"):
            self._position.set_matrix(_read_matrix(operands) if operands else Matrix())
            return
        x, y = (0.0, -state.text.leading) if operator == "T*" else (float(value) for value in operands)
        if operator == "TD":
            state.text.leading = -y
        self._position.move(x, y)

    def read_group(self, stream: Any) -> None:
        """Record the blend space of a page or form that is a transparency group.

        Source: ISO 32000-1, 11.6.6.
        """
        group = stream.get("/Group")
        if isinstance(group, Dictionary) and "/CS" in group:
            self.blend_spaces.add(_name_colour_space(group.CS))

    def _count_untagged(self) -> None:
        if not self._marked_content:
            self.untagged += 1

    def _apply_graphics_state(self, graphics: Any, state: _GraphicsState) -> None:
        """Apply overprint, and notice transparency. ``OP`` alone sets both kinds of overprint (ISO 32000-1, table 58)."""
        if not isinstance(graphics, Dictionary):
            return
        state.stroke_overprint = bool(graphics.get("/OP", state.stroke_overprint))
        state.fill_overprint = bool(graphics.get("/op", graphics.get("/OP", state.fill_overprint)))
        thin = any(float(graphics.get(key, 1)) < 1 for key in ("/ca", "/CA"))
        masked = isinstance(graphics.get("/SMask"), Dictionary)
        blended = str(graphics.get("/BM", "/Normal")) not in ("/Normal", "/Compatible")
        self.transparent |= thin or masked or blended

    def _draw_named(self, operator: str, name: Any, resources: Any, state: _GraphicsState, depth: int) -> None:
        if operator == "sh":  # a gradient over the whole clipping area
            self._count_untagged()
            self._paint("area", (_get_shading_space(_find_resource(resources, "/Shading", name)), ()), 0.0)
            return
        stream = _find_resource(resources, "/XObject", name)
        if isinstance(stream, Stream) and stream.get("/Subtype") == "/Image":
            self._count_untagged()
            self._add_image(stream, state)
        elif isinstance(stream, Stream):
            self._draw_form(stream, resources, state, depth)

    def _draw_form(self, form: Any, resources: Any, state: _GraphicsState, depth: int) -> None:
        if depth >= _MAX_FORM_DEPTH or any(form.objgen == other for other in self._open_forms):
            return
        self._open_forms.append(form.objgen)
        self.read_group(form)
        inner = _copy_state(state)
        inner.matrix = _read_matrix(form.get("/Matrix", (1, 0, 0, 1, 0, 0))) @ state.matrix
        self._read_content(form, form.get("/Resources", resources), inner, depth + 1)
        self._open_forms.pop()

    def _add_image(self, image: Any, state: _GraphicsState) -> None:
        width, height = int(image.get("/Width", image.get("/W", 0))), int(image.get("/Height", image.get("/H", 0)))
        wide, high = math.hypot(state.matrix.a, state.matrix.b), math.hypot(state.matrix.c, state.matrix.d)
        if isinstance(image.get("/SMask"), Stream):
            self.transparent = True
        mask = bool(image.get("/ImageMask", image.get("/IM", False)))
        space = "mask" if mask else _name_colour_space(image.get("/ColorSpace", image.get("/CS", "")))
        self.images.append(
            PlacedImage(
                space=space,
                width_px=width,
                height_px=height,
                bits=int(image.get("/BitsPerComponent", image.get("/BPC", 8))),
                ppi=round(min(width / wide, height / high) * 72, 1) if wide and high else 0.0,
            )
        )


def _get_shading_space(shading: Any) -> str:
    """Return the colour space of a gradient."""
    return _name_colour_space(shading.get("/ColorSpace", "")) if isinstance(shading, Dictionary | Stream) else ""


def _find_resource(resources: Any, kind: str, name: Any) -> Any:
    """Return the resource of that name, or the name itself if there is none, as for DeviceCMYK."""
    of_kind = resources.get(kind) if isinstance(resources, Dictionary) else None
    return of_kind.get(str(name), name) if isinstance(of_kind, Dictionary) else name


def _name_colour_space(value: Any) -> str:
    """Return a short name of a colour space."""
    if not isinstance(value, Array):
        short = {"G": "DeviceGray", "RGB": "DeviceRGB", "CMYK": "DeviceCMYK"}
        name = str(value).lstrip("/")
        return short.get(name, name)
    kind = str(value[0]).lstrip("/")
    if kind == "ICCBased":
        return f"ICCBased-{int(value[1].get('/N', 0))}"
    if kind == "Separation":
        return f"Separation {str(value[1]).lstrip('/')}"
    if kind in ("Indexed", "I", "Pattern") and len(value) > 1:
        return _name_colour_space(value[1])
    return kind


def _read_matrix(values: Any) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return Matrix(a, b, c, d, e, f)


def _compute_scale(matrix: Matrix) -> float:
    return math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))


def _contains(point: tuple[float, float], box: Box, *, margin: float = 0.0) -> bool:
    return box[0] - margin < point[0] < box[2] + margin and box[1] - margin < point[1] < box[3] + margin


def _copy_state(state: _GraphicsState) -> _GraphicsState:
    return replace(state, text=replace(state.text))


_TEXT_PARAMETERS = {"Tc": "character_spacing", "Tw": "word_spacing", "Tz": "scale", "TL": "leading", "Ts": "rise"}


def _set_text_parameter(operator: str, operands: Any, resources: Any, text: TextState) -> None:
    """Set a parameter of the text state; horizontal scaling is in percent."""
    if operator == "Tf":
        text.font, text.size = _find_resource(resources, "/Font", operands[0]), float(operands[1])
    elif operator == "Tr":
        text.mode = int(operands[0])
    else:
        setattr(text, _TEXT_PARAMETERS[operator], float(operands[0]) / (100 if operator == "Tz" else 1))
