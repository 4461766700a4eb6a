"""Sets plain text as a typesetter would: quotes, apostrophes, dashes, and spaces that hold together what belongs together.

It works in two passes. The first one replaces what stands for one sign by that sign, wherever it stands. The second one
looks around, and never changes the length of a text: so it may run over a paragraph that is cut into links and emphasis,
and the pieces be taken back afterwards. Doing it twice is doing it once.
"""

import re
from collections.abc import Callable
from functools import cache

OBJECT = "\ufffc"  # stands for what is no text in a paragraph: a picture, a piece of code

_ADDRESS = (
    r"(?:https?://|www\.)[^\s<>\"“”‘’]*[^\s<>\"“”‘’'.,;:!?)\]]"  # what ends a sentence ends an address
    r"|(?<![\w.+'-])\w[\w.+'-]*@\w[\w-]*(?:\.\w[\w-]*)+"
)
_SIGNS = {"...": "…", "--": "–", "---": "—", "ĳ": "ij", "Ĳ": "IJ"}
_ONE_SIGN = re.compile(rf"{_ADDRESS}|(?<!\.)\.{{3}}(?!\.)|(?<=[\w)])-{{2,3}}(?!-)|(?<!-)-{{2,3}}(?=\s)|[ĳĲ]")

_OPENS = r"(?<![^\s(\[{/–—\-“‘„])"  # at the start, after a space, or after something that opens
_APOSTROPHES = {  # words that begin with one; no quote follows at once, as in: the letter 's'
    "nl": r"(?:[stkmr](?!['’])|n|em|ie)(?!\w)",
    "en": r"(?:n|em|bout|til|tis|twas|cause)(?!\w)",
}
_LITTLE = {  # words that need not stay with the number before them
    "nl": "aan als bij dan dat de die dit door een en er het hij ik in is kan maar met naar nog of om ons ook op over te tot"
    " uit van voor want was we wel werd wij wordt ze zij zijn",
    "en": "a all an and are as at but by for from had has he in is it not of on or she so than that the then they this to"
    " was we were will with you",
}
_NAMES = "van|de|den|der|ten|ter|te|het|el|la|le|von|di|da"
_TITLES = "dr|drs|mr|mw|mevr|dhr|ing|ir|prof|ds|st|Dr|Mr|Mrs|Ms|Prof|St"
_SHORT = "p|pp|blz|nr|nrs|no|No|art|fig|Fig|afb|hfst|par|bijl|dl|vol|ch|sec|ca|tel"
_REFERENCES = {  # words that name a place by the number after them
    "nl": "artikel|afbeelding|bijlage|bladzijde|figuur|hoofdstuk|lid|pagina|paragraaf|tabel",
    "en": "appendix|article|chapter|figure|page|paragraph|section|table",
}
_UNDOTTED = {"nl": "(?!)", "en": r"(?:Mr|Mrs|Ms|Dr|Prof|St)"}  # British English leaves the dot out


def typographic(text: str, *, language: str = "nl") -> str:
    """Plain text with the quotes, dashes and spaces of ``language``; addresses stay as they are.

    It gives no sign that the fonts of the theme lack: no non-breaking hyphen, no narrow no-break space, no ĳ.
    """
    return hold_together(one_sign_each(text), language=language)


def one_sign_each(text: str) -> str:
    """Three dots become an ellipsis, two or three hyphens a dash, and ĳ the two letters that readers know."""
    return _ONE_SIGN.sub(lambda found: _SIGNS.get(found.group(), found.group()), text)


def hold_together(text: str, *, language: str) -> str:
    """Quotes, apostrophes, dashes between spaces and in ranges, no-break spaces; the length stays."""
    for needed, pattern, replace in _rules(language.partition("-")[0].lower()):
        if needed.search(text):  # most paragraphs have no quote, no range and no title in them
            text = pattern.sub(replace, text)
    return text


_Rule = tuple[re.Pattern[str], re.Pattern[str], Callable[[re.Match[str]], str]]


@cache
def _rules(language: str) -> tuple[_Rule, ...]:
    """What a text must have in it, what to look for, and what to put there, in order; an address stands for itself."""
    apostrophe = _APOSTROPHES.get(language, _APOSTROPHES["en"])
    little = _LITTLE.get(language, _LITTLE["en"]).replace(" ", "|")
    references = _REFERENCES.get(language, _REFERENCES["en"])
    return (
        _rule('"', r'"(?=\S)', "“", where=rf"(?:{_OPENS}|(?<=^')|(?<=[\s(]'))"),
        _rule('"', r'"', "”"),
        _rule("['‘´`]", rf"['‘´`](?={apostrophe})|['‘](?=\d\ds?\b)", "’", where=_OPENS),
        _rule("[´`]", r"[´`](?=[^\W\d_])", "’", where=r"(?<=[^\W\d_])"),
        _rule("'", r"'(?=\S)", "‘", where=_OPENS),
        _rule("'", r"'", "’"),
        _rule(r" -\s", r"-(?=\s)", "–", where=r"(?<=[^\s] )"),
        _rule(r"\d-\d", r"-(?=\d\d?[.:]\d\d(?![\d.:–-]))", "–", where=r"(?<=\d[.:]\d\d)"),
        _rule(r"\d-['‘’]", r"-(?=['‘’]\d\d\b)", "–", where=r"(?<=[\s(][‘’]\d\d)"),
        _rule(r"\d-\d", r"-(?=(?:19|20)\d\d(?![\w–-]))", "–", where=r"(?<![\w–-](?:19|20)\d\d)(?<=(?:19|20)\d\d)"),
        _rule("[€£$§№] ", r" (?=\d)", "\u00a0", where=r"(?<=[€£$§№])"),
        _spaced(r"\. \d", rf"(?<!\w)(?:{_SHORT})\. (?=\d)"),
        _spaced(r" \d", rf"(?<!\w)(?i:{references}) (?=\d)"),
        _spaced(r"\. [A-Za-z]", rf"(?<!\w)(?:{_TITLES})\. (?=[A-Z]|(?:{_NAMES}) |(?:{_TITLES})\.)"),
        _spaced(r" [A-Z]", rf"(?<!\w){_UNDOTTED.get(language, _UNDOTTED['en'])} (?=[A-Z])"),
        _spaced(r"[A-Z]\. ", rf"(?<!\w)(?:[A-Z]\. )(?=[A-Z]|(?:{_NAMES}) )"),
        _spaced(
            r"\d ", rf"(?<![\w.,:'’-])(?<!\w\u00a0)(?:\d{{1,3}}|\d{{1,3}}[.,:]\d{{1,2}}) (?=(?!(?:{little})\b)[^\W\d_])"
        ),
        _spaced(r"\d [%‰°]", r"(?<=\d) (?=[%‰°])"),
    )


def _rule(needed: str, pattern: str, sign: str, *, where: str = "") -> _Rule:
    found = re.compile(rf"(?P<address>{_ADDRESS})|{where}(?:{pattern})")
    return re.compile(needed), found, lambda match: match["address"] or sign


def _spaced(needed: str, pattern: str) -> _Rule:
    """The space at the end of what is found no longer breaks."""
    found = re.compile(rf"(?P<address>{_ADDRESS})|{pattern}")
    return re.compile(needed), found, lambda match: match["address"] or match.group()[:-1] + "\u00a0"
