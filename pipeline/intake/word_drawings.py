"""Rewrites the drawings of Word: text boxes become text, and pictures keep how they were cropped."""

from typing import Any

from pipeline.intake.picture_cropping import CropMargins

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_PIC = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_V = "{urn:schemas-microsoft-com:vml}"
_O = "{urn:schemas-microsoft-com:office:office}"
_BOX = f"{_W}txbxContent"
_SHAPE_TEXT = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}txbx"
_SIDES = ("left", "top", "right", "bottom")
_CROP_START, _CROP_END = "\ue010", "\ue011"  # around the margins of a cropped picture, in its description


def rewrite_drawings(root: Any) -> None:
    """Rewrite the drawings of an XML tree in place."""
    for element in list(root.iter(f"{_MC}AlternateContent")):
        _choose_alternative(element)
    for drawing in list(root.iter(f"{_W}drawing")):
        if not any(up.tag == f"{_W}drawing" for up in drawing.iterancestors()):
            _rewrite_drawing(drawing)
    for box in [one for one in root.iter(_BOX) if one.getparent().tag == _SHAPE_TEXT]:
        outer = box.getparent()
        outer.getparent().replace(outer, _make_text_box(box))
    for picture in list(root.iter(f"{_V}imagedata")):
        _convert_vml_picture(picture)


def split_crop(description: str) -> tuple[str, CropMargins]:
    """Split the description of a picture from the margins that ``rewrite_drawings`` put in front."""
    if not description.startswith(_CROP_START):
        return description, CropMargins()
    margins, _, text = description[1:].partition(_CROP_END)
    return text, CropMargins(*map(float, margins.split()))


def _choose_alternative(element: Any) -> None:
    """Keep the first choice if it has text, else the fallback if there is one.

    Source: ECMA-376-3, 9 (a consumer takes the first choice that it understands).
    """
    choices, fallback = element.findall(f"{_MC}Choice"), element.find(f"{_MC}Fallback")
    choice = choices[0] if choices else None
    has_text = choice is not None and next(choice.iter(_BOX), None) is not None
    kept = fallback if fallback is not None and len(fallback) and not has_text else choice
    for child in list(kept) if kept is not None else []:
        element.addprevious(child)
    element.getparent().remove(element)


def _rewrite_drawing(drawing: Any) -> None:
    """Split a drawing into its pictures, each in line, and its text boxes."""
    properties = next(drawing.iter(f"{_WP}docPr"), None)
    pictures = [one for one in drawing.iter(f"{_PIC}pic") if not any(up.tag == _BOX for up in one.iterancestors())]
    boxes = [one for one in drawing.iter(_BOX) if not _is_inside_box(one, drawing)]
    parts = [_convert_picture(picture, properties) for picture in pictures]
    parts += [_make_text_box(box) for box in boxes]
    parent = drawing.getparent()
    if parent is not None and parts:
        for part in parts:
            drawing.addprevious(part)
        parent.remove(drawing)


def _is_inside_box(element: Any, drawing: Any) -> bool:
    for up in element.iterancestors():
        if up is drawing:
            return False
        if up.tag == _BOX:
            return True
    return False


def _convert_vml_picture(picture: Any) -> None:
    """Convert a picture of old Word: of those, mammoth reads neither description nor cropping."""
    reference = picture.get(f"{_R}id") or picture.get(f"{_R}pict") or ""
    if reference:
        margins = CropMargins(*(_parse_vml_fraction(picture.get(f"crop{side}") or "") for side in _SIDES))
        alt = picture.getparent().get("alt") or picture.get(f"{_O}title") or ""
        made = picture.makeelement(f"{_PIC}pic")
        fill = made.makeelement(f"{_PIC}blipFill")
        made.append(fill)
        fill.append(made.makeelement(f"{_A}blip", {f"{_R}embed": reference}))
        picture.addprevious(_make_inline(made, alt, margins))
    picture.getparent().remove(picture)


def _make_inline(picture: Any, description: str, margins: CropMargins) -> Any:
    made = picture.makeelement(f"{_W}drawing")
    inline = made.makeelement(f"{_WP}inline")
    description = _mark_crop(_remove_marks(description), margins)
    inline.append(made.makeelement(f"{_WP}docPr", {"id": "1", "name": "", "descr": description}))
    graphic, data = made.makeelement(f"{_A}graphic"), made.makeelement(f"{_A}graphicData")
    made.append(inline)
    inline.append(graphic)
    graphic.append(data)
    data.append(picture)
    return made


def _convert_picture(picture: Any, properties: Any) -> Any:
    own = picture.find(f"{_PIC}nvPicPr/{_PIC}cNvPr")
    described = [one for one in (properties, own) if one is not None]
    text = next((one.get(key) for key in ("descr", "title") for one in described if one.get(key)), "")
    rect = picture.find(f"{_PIC}blipFill/{_A}srcRect")
    sides = [_parse_percentage(rect.get(side[0]) or "") if rect is not None else 0.0 for side in _SIDES]
    return _make_inline(picture, text, CropMargins(*sides))


def _make_text_box(box: Any) -> Any:
    made, shape = box.makeelement(f"{_W}pict"), box.makeelement(f"{_V}textbox")
    made.append(shape)
    shape.append(box)
    return made


def _mark_crop(description: str, margins: CropMargins) -> str:
    if not margins.is_any:
        return description
    return f"{_CROP_START}{margins.left} {margins.top} {margins.right} {margins.bottom}{_CROP_END}{description}"


def _remove_marks(text: str) -> str:
    return text.replace(_CROP_START, "").replace(_CROP_END, "")


def _parse_percentage(text: str) -> float:
    """Parse a part of a side: thousandths of a percent, or in strict files a percentage."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text) / 100_000
    except ValueError:
        return 0.0


def _parse_vml_fraction(text: str) -> float:
    """Parse a part of a side in VML: 65,536ths with an ``f``, else a fraction."""
    try:
        return float(text[:-1]) / 65_536 if text.endswith("f") else float(text)
    except ValueError:
        return 0.0
