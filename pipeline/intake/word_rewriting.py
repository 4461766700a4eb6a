"""Rewrites the text of Word so that mammoth finds all that Word shows, and nothing that it hides."""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from mammoth.docx.dingbats import dingbats

from pipeline.intake.word_drawings import rewrite_drawings
from pipeline.intake.word_numbering import ListCounter
from pipeline.intake.word_styles import W, WordStyles, get_value, is_on, parse_level

W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
NUMBER_START, NUMBER_END = "\ue000", "\ue001"  # around the number of a list item, at the start of its text
_WRAPPERS = ("fldSimple", "dir", "bdo", "smartTag", "customXml")
_FIELD_TAGS = {f"{W}{name}" for name in ("rPr", "fldChar", "instrText")}
_PRIVATE_USE = range(0xF020, 0xF100)  # characters of symbol fonts
_COMMON_SYMBOLS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "➢", 0xF0FC: "✓", 0xF0E0: "→"}
_COMMON_FONTS = {"Wingdings", "Symbol", ""}
_CHECK_BOXES = {0xFE: "☒", 0xFD: "☒", 0xA8: "☐", 0x6F: "☐", 0x78: "☒", 0x53: "☒", 0x52: "☒", 0xA3: "☐"}  # Wingdings (2)
_MAX_UNREADABLE_SIZE = 4  # half points
_MAX_HEADING = 80  # characters of a bold line
_QUOTATION_MARKS = tuple("“”„\"«‘'")


class WordRewriter:
    """Rewrites the parts of one document; list numbers run on from one part to the next."""

    def __init__(self, styles: WordStyles, lists: ListCounter) -> None:
        """Start with the styles and lists of the document."""
        self.omissions: Counter[str] = Counter()
        self._styles = styles
        self._lists = lists

    def rewrite(self, root: Any) -> None:
        """Rewrite the XML tree of a part in place, and count what is left out."""
        rewrite_drawings(root)
        self._drop_hidden(root)
        self._drop_placeholders(root)
        for name in _WRAPPERS:
            for element in list(root.iter(f"{W}{name}")):
                replace_element(element, element)
        for ruby in list(root.iter(f"{W}ruby")):
            replace_element(ruby, _read_ruby(root, ruby))
        self._replace_breaks(root)
        self._replace_symbols(root)
        for paragraph in root.iter(f"{W}p"):
            self._mark_paragraph(paragraph)

    def _drop_hidden(self, root: Any) -> None:
        paragraphs = {one for one in root.iter(f"{W}p") if self._styles.is_hidden(get_value(one, "pPr/pStyle"))}
        hidden = {run for run in root.iter(f"{W}r") if self._is_hidden(run, paragraphs)}
        for run in hidden:
            is_first = run.getprevious() not in hidden
            content = [child for child in run if child.tag not in _FIELD_TAGS]
            self.omissions["hidden passage"] += is_first and bool(content)
        for run in hidden:
            for child in [child for child in run if child.tag not in _FIELD_TAGS]:
                run.remove(child)
        for row in [row for row in root.iter(f"{W}tr") if is_on(row.find(f"{W}trPr/{W}hidden"))]:
            self.omissions["hidden row"] += 1
            row.getparent().remove(row)

    def _is_hidden(self, run: Any, hidden_paragraphs: AbstractSet[Any]) -> bool:
        """Whether a run is hidden: by itself, else by its style, else by that of its paragraph.

        Source: ECMA-376-1, 17.3.2.41 (vanish).
        """
        vanish = run.find(f"{W}rPr/{W}vanish")
        if vanish is not None:
            return is_on(vanish)
        if self._styles.is_hidden(get_value(run, "rPr/rStyle")) or _is_unreadable(run):
            return True
        return bool(hidden_paragraphs) and next(run.iterancestors(f"{W}p"), None) in hidden_paragraphs

    def _drop_placeholders(self, root: Any) -> None:
        """Drop the prompts of fields that nobody filled in, and tables of contents."""
        for element in list(root.iter(f"{W}sdt")):
            what = ""
            if is_on(element.find(f"{W}sdtPr/{W}showingPlcHdr")):
                what = "" if element.find(f"{W}sdtPr/{W14}checkbox") is not None else "field that was not filled in"
            elif get_value(element, "sdtPr/docPartObj/docPartGallery") == "Table of Contents":
                what = "table of contents"
            if what and element.getparent() is not None:
                self.omissions[what] += 1
                for text in list(element.iter(f"{W}t")):
                    text.text = ""
        for field in list(root.iter(f"{W}fldChar")):
            choice = _find_choice(field)
            if choice and field.getparent() is not None:
                field.getparent().addnext(_make_run(root, choice))

    def _replace_breaks(self, root: Any) -> None:
        for element in list(root.iter(f"{W}cr", f"{W}ptab", f"{W}softHyphen", f"{W}br")):
            name = element.tag.removeprefix(W)
            if name == "cr":
                replace_element(element, [root.makeelement(f"{W}br")])
            elif name == "ptab":
                replace_element(element, [root.makeelement(f"{W}tab")])
            elif name == "softHyphen":
                replace_element(element, [])
            elif element.get(f"{W}type") in {"page", "column"}:  # two line breaks end a paragraph
                replace_element(element, [root.makeelement(f"{W}br"), root.makeelement(f"{W}br")])

    def _replace_symbols(self, root: Any) -> None:
        for element in list(root.iter(f"{W}sym")):
            char = element.get(f"{W}char") or ""
            symbol = _find_symbol(element.get(f"{W}font") or "", int(char, 16) if _is_hexadecimal(char) else 0)
            self.omissions["unknown symbol"] += not symbol
            replace_element(element, [_make_text(root, symbol)] if symbol else [])
        for element in root.iter(f"{W}t"):
            text = element.text or ""
            if any(ord(char) in _PRIVATE_USE for char in text):
                fonts = element.getparent().find(f"{W}rPr/{W}rFonts")
                font = (fonts.get(f"{W}ascii") or "") if fonts is not None else ""
                symbols = (_find_symbol(font, ord(char)) if ord(char) in _PRIVATE_USE else char for char in text)
                element.text = "".join(symbols)
            if NUMBER_START in text or NUMBER_END in text:
                element.text = text.replace(NUMBER_START, "").replace(NUMBER_END, "")

    def _mark_paragraph(self, paragraph: Any) -> None:
        """Give a heading a style that mammoth knows, and a list item its number."""
        style = get_value(paragraph, "pPr/pStyle")
        level = parse_level(get_value(paragraph, "pPr/outlineLvl"))
        role = self._styles.find_role(style)
        if not role and level is not None and level < 9:
            role = f"heading {min(6, level + 1)}"
        list_id, list_level = get_value(paragraph, "pPr/numPr/numId"), get_value(paragraph, "pPr/numPr/ilvl")
        if not list_id:
            list_id, list_level = self._styles.find_numbering(style)
        if not role and list_id in {"", "0"} and not is_list_style(style) and _is_bold_line(paragraph):
            role = "heading 6"
            for bold in list(paragraph.iter(f"{W}b")):
                bold.getparent().remove(bold)  # a heading is bold as it is
        if role:
            _set_style(paragraph, role)
        elif list_id and _has_text(paragraph) and (number := self._lists.count_item(list_id, list_level or "0")):
            properties = paragraph.find(f"{W}pPr")
            marker = _make_run(paragraph, f"{NUMBER_START}{number}{NUMBER_END}")
            paragraph.insert(0 if properties is None else paragraph.index(properties) + 1, marker)


ROLE_STYLES = {  # ids of styles that are added to the document; a role is the name of one
    f"weerslag-{name.replace(' ', '-').casefold()}": name
    for name in (*(f"heading {level}" for level in range(1, 7)), "Title", "Quote")
}


def add_role_styles(root: Any) -> None:
    """Add the styles that rewritten paragraphs have to the root of ``styles.xml``."""
    for ident, name in ROLE_STYLES.items():
        style = root.makeelement(f"{W}style", {f"{W}type": "paragraph", f"{W}styleId": ident})
        style.append(root.makeelement(f"{W}name", {f"{W}val": name}))
        root.append(style)


def replace_element(element: Any, others: Iterable[Any]) -> None:
    """Put other elements, which may be its children, in the place of an element."""
    parent = element.getparent()
    if parent is not None:
        for other in list(others):
            element.addprevious(other)  # by index it would take quadratic time
        parent.remove(element)


def is_list_style(style: str) -> bool:
    """Whether the id of a style is that of a list paragraph, in Dutch or English."""
    return style.casefold().startswith(("list", "lijst"))


def _set_style(paragraph: Any, role: str) -> None:
    properties = paragraph.find(f"{W}pPr")
    if properties is None:
        properties = paragraph.makeelement(f"{W}pPr")
        paragraph.insert(0, properties)
    for name in ("pStyle", "numPr"):
        for element in properties.findall(f"{W}{name}"):
            properties.remove(element)
    ident = next(ident for ident, name in ROLE_STYLES.items() if name == role)
    properties.insert(0, paragraph.makeelement(f"{W}pStyle", {f"{W}val": ident}))


def _is_bold_line(paragraph: Any) -> bool:
    """Whether a paragraph of the body is a short bold line above ordinary text: a heading made by hand."""
    following = paragraph.getnext()
    if following is None or following.tag != f"{W}p" or not paragraph.getparent().tag.endswith("}body"):
        return False
    text = "".join(one.text or "" for one in paragraph.iter(f"{W}t")).strip()
    if not text or len(text) > _MAX_HEADING or text.endswith((".", ",", ";")) or ":" in text[:-1]:
        return False
    is_list = following.find(f"{W}pPr/{W}numPr") is not None
    is_plain_below = is_list or (_has_text(following) and not _is_bold(following))
    return is_plain_below and _is_bold(paragraph) and not text.startswith(_QUOTATION_MARKS)


def _is_bold(paragraph: Any) -> bool:
    runs = [run for run in paragraph.iter(f"{W}r") if any((text.text or "").strip() for text in run.iter(f"{W}t"))]
    return all(is_on(run.find(f"{W}rPr/{W}b")) for run in runs)


def _has_text(paragraph: Any) -> bool:
    return any((text.text or "").strip() for text in paragraph.iter(f"{W}t"))


def _is_unreadable(run: Any) -> bool:
    """Whether nobody can read a run on paper: black on black, as names are blacked out, white on white, or at most 2 points high.

    Text whose ground is not certain (a table, a text box, a style) is readable. Source: ECMA-376-1,
    17.3.2.6 (color), 17.3.2.15 (highlight), 17.3.2.32 (shd), 17.3.2.38 (sz, in half points).
    """
    size, highlight = get_value(run, "rPr/sz"), get_value(run, "rPr/highlight")
    ink = get_value(run, "rPr/color").upper()
    if size.isdecimal() and int(size) <= _MAX_UNREADABLE_SIZE:
        return True
    if highlight == "black":
        return ink in {"", "AUTO", "000000"}
    ground = _get_fill(run, "rPr")
    if ink == "000000":
        return ground == "000000"
    if ink != "FFFFFF" or ground or highlight not in {"", "none"}:
        return False
    inside = [one.tag.removeprefix(W) for one in run.iterancestors()]
    paragraph = next(run.iterancestors(f"{W}p"), None)
    is_certain = paragraph is not None and not {"tbl", "txbxContent"} & set(inside)
    if not is_certain or get_value(paragraph, "pPr/pStyle") or _get_fill(paragraph, "pPr"):
        return False
    return run.getroottree().getroot().find(f"{W}background") is None


def _get_fill(element: Any, properties: str) -> str:
    """Return the colour of the shading behind a run or paragraph; empty if it is white or not said."""
    shading = element.find(f"{W}{properties}/{W}shd")
    fill = "" if shading is None else (shading.get(f"{W}fill") or "").upper()
    return "" if fill in {"AUTO", "FFFFFF"} else fill


def _find_choice(field: Any) -> str:
    """Find what was chosen in a drop-down list of an old form, which no run has as text."""
    items = field.find(f"{W}ffData/{W}ddList")
    if items is None:
        return ""
    entries = [entry.get(f"{W}val") or "" for entry in items.iter(f"{W}listEntry")]
    chosen = get_value(items, "result") or get_value(items, "default") or "0"
    return entries[int(chosen)] if chosen.isdecimal() and int(chosen) < len(entries) else ""


def _find_symbol(font: str, code: int) -> str:
    low = code & 0xFF if code in _PRIVATE_USE else code
    if font.startswith("Wingdings") and low in _CHECK_BOXES and (font == "Wingdings 2") == (low in {0x53, 0x52, 0xA3}):
        return _CHECK_BOXES[low]
    if code in _COMMON_SYMBOLS and font in _COMMON_FONTS:
        return _COMMON_SYMBOLS[code]
    found = dingbats.get((font, low)) or dingbats.get((font, code))
    return chr(found) if found else _COMMON_SYMBOLS.get(code, "" if code in _PRIVATE_USE or not code else chr(code))


def _is_hexadecimal(text: str) -> bool:
    return 0 < len(text) <= 5 and all(char in "0123456789abcdefABCDEF" for char in text)


def _read_ruby(root: Any, ruby: Any) -> Iterator[Any]:
    """Read a text, and in brackets after it how it is read."""
    base, reading = ([one for part in ruby.iter(f"{W}{name}") for one in part] for name in ("rubyBase", "rt"))
    yield from base
    if any((text.text or "").strip() for run in reading for text in run.iter(f"{W}t")):
        yield from (_make_text(root, " ("), *reading, _make_text(root, ")"))


def _make_text(root: Any, text: str) -> Any:
    element = root.makeelement(f"{W}t", {"{http://www.w3.org/XML/1998/namespace}space": "preserve"})
    element.text = text
    return element


def _make_run(root: Any, text: str) -> Any:
    run = root.makeelement(f"{W}r")
    run.append(_make_text(root, text))
    return run
