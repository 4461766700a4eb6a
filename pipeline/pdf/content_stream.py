"""Walks through the content of a page, and notes what is painted: in which colours, how small, how sharp, tagged or not."""

import math
import zlib
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Stream

from pipeline.pdf.document_facts import Box, Paint, Placed

Matrix: TypeAlias = tuple[float, float, float, float, float, float]

_MOST_OPERATORS = 3_000_000  # a page: beyond it nothing is read
_DEEPEST = 12
_SIMPLE = {  # operator: colour space, and whether for lines
    "g": ("DeviceGray", False), "G": ("DeviceGray", True), "rg": ("DeviceRGB", False), "RG": ("DeviceRGB", True),
    "k": ("DeviceCMYK", False), "K": ("DeviceCMYK", True),
}  # fmt: skip
_FILLING = {"f", "F", "f*", "B", "B*", "b", "b*"}
_STROKING = {"S", "s", "B", "B*", "b", "b*"}
_TEXT = {"Tj", "TJ", "'", '"'}


class _State:
    """What q keeps and Q brings back."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self.fill: tuple[str, tuple[float, ...]] = ("DeviceGray", (0.0,))
        self.line: tuple[str, tuple[float, ...]] = ("DeviceGray", (0.0,))
        self.width, self.size, self.mode = 1.0, 0.0, 0

    def copy(self) -> "_State":
        other = _State(self.matrix)
        other.fill, other.line = self.fill, self.line
        other.width, other.size, other.mode = self.width, self.size, self.mode
        return other


class Walk:
    """One walk through one page and everything that it draws."""

    def __init__(self, bleed: Box) -> None:
        self.bleed = bleed
        self.paints: dict[tuple[str, tuple[float, ...], str], float] = {}
        self.pictures: list[Placed] = []
        self.mixed_in: set[str] = set()
        self.transparent = self.registration_inside = False
        self.loose = self.letters = self._count = 0
        self._marked: list[str] = []
        self._text_scale = 1.0
        self._inside: list[Any] = []
        self._path: list[tuple[float, float]] = []

    def all_paints(self) -> tuple[Paint, ...]:
        """What was painted with, in a fixed order."""
        return tuple(
            Paint(space=space, values=values, what=what, smallest=smallest)
            for (space, values, what), smallest in sorted(self.paints.items())
        )

    def whole(self, page: pikepdf.Page) -> str:
        """Walk through a page; says why it had to stop, or nothing."""
        try:
            resources = page.obj.get("/Resources", page.resources if "/Resources" in page.obj else Dictionary())
            self._content(page, resources, _State((1, 0, 0, 1, 0, 0)), 0)
        except (pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error) as error:
            return str(error).splitlines()[0] if str(error) else type(error).__name__
        return ""

    def _content(self, content: Any, resources: Any, state: _State, depth: int) -> None:
        stack: list[_State] = []
        for one in pikepdf.parse_content_stream(content):
            self._count += 1
            if self._count > _MOST_OPERATORS:
                raise ValueError("too much is drawn on it to be looked at")
            operator, operands = str(one.operator), one.operands
            if operator == "q":
                stack.append(state.copy())
            elif operator == "Q":
                state = stack.pop() if stack else state
            else:
                self._do(operator, operands, resources, state, depth)

    def _do(self, operator: str, operands: Any, resources: Any, state: _State, depth: int) -> None:
        if operator in _SIMPLE:
            space, lines = _SIMPLE[operator]
            _set(state, lines, space, tuple(float(value) for value in operands))
        elif operator in ("cs", "CS"):
            space = _space(_found(resources, "/ColorSpace", operands[0]))
            _set(state, operator == "CS", space, (0.0,))
        elif operator in ("sc", "scn", "SC", "SCN"):
            self._set_colour(operator[0] == "S", operands, resources, state, depth)
        elif operator in ("BDC", "BMC"):
            self._marked.append(str(operands[0]))
        elif operator == "EMC":
            del self._marked[-1:]
        elif operator in ("m", "l", "re", "c"):
            self._add_points(operator, operands, state)
        elif operator in _FILLING or operator in _STROKING:
            self._paint_path(operator, state)
        elif operator == "n":
            self._path = []
        elif operator in _TEXT:
            self._paint_text(state)
        else:
            self._do_other(operator, operands, resources, state, depth)

    def _do_other(self, operator: str, operands: Any, resources: Any, state: _State, depth: int) -> None:
        match operator:
            case "cm":
                state.matrix = _times(tuple(float(value) for value in operands), state.matrix)
            case "w":
                state.width = float(operands[0])
            case "Tf":
                state.size = float(operands[1])
            case "Tr":
                state.mode = int(operands[0])
            case "BT":
                self._text_scale = 1.0
            case "Tm":
                self._text_scale = _scale(tuple(float(value) for value in operands))
            case "gs":
                self._look_through(_found(resources, "/ExtGState", operands[0]))
            case "Do" | "sh":
                self._draw_named(operator, operands[0], resources, state, depth)
            case "INLINE IMAGE":
                self._count_loose()
                self._place(operands[0].obj if hasattr(operands[0], "obj") else Dictionary(), state)

    # --------------------------------------------------------------------------------------------------------------- colour

    def _set_colour(self, lines: bool, operands: Any, resources: Any, state: _State, depth: int) -> None:  # noqa: FBT001
        space = (state.line if lines else state.fill)[0]
        values = tuple(float(value) for value in operands if not isinstance(value, pikepdf.Name))
        _set(state, lines, space, values)
        if len(values) < len(operands):  # a pattern: what it draws counts as drawn here
            pattern = _found(resources, "/Pattern", operands[-1])
            if isinstance(pattern, Stream):
                self._draw_form(pattern, resources, state, depth)
            elif isinstance(pattern, Dictionary):  # a gradient: what is painted with it is in its colours
                _set(state, lines, _shaded(pattern.get("/Shading")), ())

    def _paint(self, what: str, colour: tuple[str, tuple[float, ...]], small: float) -> None:
        key = (colour[0], tuple(round(value, 4) for value in colour[1]), what)
        self.paints[key] = min(self.paints.get(key, math.inf), round(small, 3))

    def _add_points(self, operator: str, operands: Any, state: _State) -> None:
        numbers = [float(value) for value in operands]
        if operator == "re":
            x, y, width, height = numbers
            numbers = [x, y, x + width, y + height]
        points = zip(numbers[::2], numbers[1::2], strict=False)
        if len(self._path) < 1000:
            self._path += [_at(state.matrix, x, y) for x, y in points]

    def _paint_path(self, operator: str, state: _State) -> None:
        self._count_loose()
        if operator in _FILLING:
            self._paint("area", state.fill, 0.0)
        if operator in _STROKING:
            self._paint("line", state.line, state.width * _scale(state.matrix))
        used = ([state.fill] if operator in _FILLING else []) + ([state.line] if operator in _STROKING else [])
        if any(space == "Separation All" for space, _ in used):
            self.registration_inside |= any(_within(point, self.bleed) for point in self._path)
        self._path = []

    def _paint_text(self, state: _State) -> None:
        self._count_loose()
        self.letters += 1
        size = state.size * self._text_scale * _scale(state.matrix)
        if state.mode in (0, 2, 4, 6):
            self._paint("text", state.fill, size)
        if state.mode in (1, 2, 5, 6):
            self._paint("text", state.line, size)

    def look_at_group(self, thing: Any) -> None:
        """Note the colours in which a page or a form mixes what is transparent (ISO 32000-1, 11.6.6)."""
        group = thing.get("/Group")
        if isinstance(group, Dictionary) and "/CS" in group:
            self.mixed_in.add(_space(group.CS))

    def _count_loose(self) -> None:
        if not self._marked:
            self.loose += 1

    def _look_through(self, graphics: Any) -> None:
        if not isinstance(graphics, Dictionary):
            return
        thin = any(float(graphics.get(key, 1)) < 1 for key in ("/ca", "/CA"))
        masked = isinstance(graphics.get("/SMask"), Dictionary)
        blended = str(graphics.get("/BM", "/Normal")) not in ("/Normal", "/Compatible")
        self.transparent |= thin or masked or blended

    # ------------------------------------------------------------------------------------------------------- pictures, forms

    def _draw_named(self, operator: str, name: Any, resources: Any, state: _State, depth: int) -> None:
        if operator == "sh":  # a gradient over all that is not clipped
            self._count_loose()
            self._paint("area", (_shaded(_found(resources, "/Shading", name)), ()), 0.0)
        else:
            self._draw(_found(resources, "/XObject", name), resources, state, depth)

    def _draw(self, thing: Any, resources: Any, state: _State, depth: int) -> None:
        if not isinstance(thing, Stream):
            return
        if thing.get("/Subtype") == "/Image":
            self._count_loose()
            self._place(thing, state)
        else:
            self._draw_form(thing, resources, state, depth)

    def _draw_form(self, form: Any, resources: Any, state: _State, depth: int) -> None:
        if depth >= _DEEPEST or any(form.objgen == other for other in self._inside):
            return
        self._inside.append(form.objgen)
        self.look_at_group(form)
        inner = state.copy()
        inner.matrix = _times(tuple(float(value) for value in form.get("/Matrix", (1, 0, 0, 1, 0, 0))), state.matrix)
        self._content(form, form.get("/Resources", resources), inner, depth + 1)
        self._inside.pop()

    def _place(self, picture: Any, state: _State) -> None:
        width, height = (
            int(picture.get("/Width", picture.get("/W", 0))),
            int(picture.get("/Height", picture.get("/H", 0))),
        )
        a, b, c, d, _, _ = state.matrix
        wide, high = math.hypot(a, b), math.hypot(c, d)
        if isinstance(picture.get("/SMask"), Stream):
            self.transparent = True
        mask = bool(picture.get("/ImageMask", picture.get("/IM", False)))
        space = "mask" if mask else _space(picture.get("/ColorSpace", picture.get("/CS", "")))
        self.pictures.append(
            Placed(
                space=space,
                width_px=width,
                height_px=height,
                bits=int(picture.get("/BitsPerComponent", picture.get("/BPC", 8))),
                ppi=round(min(width / wide, height / high) * 72, 1) if wide and high else 0.0,
            )
        )


def _set(state: _State, lines: bool, space: str, values: tuple[float, ...]) -> None:  # noqa: FBT001
    if lines:
        state.line = (space, values)
    else:
        state.fill = (space, values)


def _shaded(shading: Any) -> str:
    """The colours of a gradient."""
    return _space(shading.get("/ColorSpace", "")) if isinstance(shading, Dictionary | Stream) else ""


def _found(resources: Any, kind: str, name: Any) -> Any:
    """What a name stands for; the name itself where nothing is there, as for DeviceCMYK."""
    of_kind = resources.get(kind) if isinstance(resources, Dictionary) else None
    return of_kind.get(str(name), name) if isinstance(of_kind, Dictionary) else name


def _space(value: Any) -> str:
    """A colour space in one word or two."""
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
        return _space(value[1])
    return kind


def _times(one: tuple[float, ...], two: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = two
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _scale(matrix: tuple[float, ...]) -> float:
    return math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))


def _at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _within(point: tuple[float, float], box: Box) -> bool:
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]
