"""Typography of plain text: quotation marks, apostrophes, dashes and no-break spaces.

The work has two passes. The first replaces several characters by one (``...`` by ``…``). The second
looks at the context and never changes the length of a text. So it can run over a paragraph that
consists of links and emphasis, and the pieces can be cut out again. Both passes are idempotent.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.typesetting.word_lists import read_word_list

OBJECT = "\ufffc"  # placeholder for an image or code in a paragraph

_DATA = Path(__file__).with_name("data")
_URL_OR_EMAIL = (
    r"(?:https?://|www\.)[^\s<>\"“”‘’]*[^\s<>\"“”‘’'.,;:!?)\]]"  # punctuation at the end is not part of the URL
    r"|(?<![\w.+'-])\w[\w.+'-]*@\w[\w-]*(?:\.\w[\w-]*)+"
)
WORD_SYMBOLS = {  # signs of the fonts Symbol and Wingdings, as Word pastes them: private-use characters
    "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "→", "\uf0e0": "→", "\uf0e8": "→", "\uf0f0": "→", "\uf0fc": "✓", "\uf0fb": "✗",
    "\uf0fe": "☑", "\uf0fd": "☒", "\uf0a8": "☐", "\uf06f": "☐", "\uf071": "☐", "\uf04a": "☺", "\uf0df": "←",
}  # fmt: skip
_REPLACEMENTS = {"...": "…", "--": "–", "---": "—", "ĳ": "ij", "Ĳ": "IJ"} | WORD_SYMBOLS
_REPLACEABLE = re.compile(
    rf"{_URL_OR_EMAIL}|(?<!\.)\.{{3}}(?!\.)|(?<=[\w)])-{{2,3}}(?!-)|(?<!-)-{{2,3}}(?=\s)|[ĳĲ{''.join(WORD_SYMBOLS)}]"
)

_OPENING_CONTEXT = r"(?<![^\s(\[{/–—\-“‘„])"  # at the start, after a space or after an opening mark
_APOSTROPHES = {  # the start of words that begin with one, but not a quoted letter as in: the letter 's'
    "nl": r"(?:[stkmr](?!['’])|n|em|ie)(?!\w)",
    "en": r"(?:n|em|bout|til|tis|twas|cause)(?!\w)",
}
_NAME_PARTICLES = "van|de|den|der|ten|ter|te|het|el|la|le|von|di|da"
_TITLES = "dr|drs|mr|mw|mevr|dhr|ing|ir|prof|ds|st|Dr|Mr|Mrs|Ms|Prof|St"
_ABBREVIATIONS = "p|pp|blz|nr|nrs|no|No|art|fig|Fig|afb|hfst|par|bijl|dl|vol|ch|sec|ca|tel"
_NUMBERED_NOUNS = {  # they stay together with the number after them
    "nl": "artikel|afbeelding|bijlage|bladzijde|figuur|hoofdstuk|lid|pagina|paragraaf|tabel",
    "en": "appendix|article|chapter|figure|page|paragraph|section|table",
}
_TITLES_WITHOUT_DOT = {"nl": "(?!)", "en": r"(?:Mr|Mrs|Ms|Dr|Prof|St)"}  # British English


def apply_typography(text: str, *, language: str = "nl") -> str:
    """Typeset plain text in the style of ``language``; URLs and e-mail addresses do not change.

    The result has no character that the fonts of the theme lack: no non-breaking hyphen, narrow
    no-break space or ĳ.
    """
    return set_quotes_and_spaces(substitute_characters(text), language=language)


def substitute_characters(text: str) -> str:
    """Replace three dots by an ellipsis, hyphens by a dash, the ligature ĳ by two letters, and Word's own signs."""
    return _REPLACEABLE.sub(lambda found: _REPLACEMENTS.get(found.group(), found.group()), text)


def set_quotes_and_spaces(text: str, *, language: str) -> str:
    """Set quotation marks, apostrophes, dashes and no-break spaces.

    The length of the text does not change.
    """
    for trigger, pattern, replace in _compile_rules(language.partition("-")[0].lower()):
        if trigger.search(text):  # most paragraphs need few of the rules
            text = pattern.sub(replace, text)
    return text


_TypographyRule = tuple[re.Pattern[str], re.Pattern[str], Callable[[re.Match[str]], str]]


@cache
def _compile_rules(language: str) -> tuple[_TypographyRule, ...]:
    """Compile the rules of a language, in order: a cheap trigger, a pattern and its replacement."""
    known = language if language in _APOSTROPHES else "en"
    apostrophe = _APOSTROPHES[known]
    function_words = "|".join(read_word_list(_DATA / f"function-words.{known}.txt"))
    return (
        _replace('"', r'"(?=\S)', "“", after=rf"(?:{_OPENING_CONTEXT}|(?<=^')|(?<=[\s(]'))"),
        _replace('"', r'"', "”"),
        _replace("['‘´`]", rf"['‘´`](?={apostrophe})|['‘](?=\d\ds?\b)", "’", after=_OPENING_CONTEXT),
        _replace("[´`]", r"[´`](?=[^\W\d_])", "’", after=r"(?<=[^\W\d_])"),
        _replace("'", r"'(?=\S)", "‘", after=_OPENING_CONTEXT),
        _replace("'", r"'", "’"),
        _replace(r" -\s", r"-(?=\s)", "–", after=r"(?<=[^\s] )"),
        _replace(r"\d-\d", r"-(?=\d\d?[.:]\d\d(?![\d.:–-]))", "–", after=r"(?<=\d[.:]\d\d)"),
        _replace(r"\d-['‘’]", r"-(?=['‘’]\d\d\b)", "–", after=r"(?<=[\s(][‘’]\d\d)"),
        _replace(r"\d-\d", r"-(?=(?:19|20)\d\d(?![\w–-]))", "–", after=r"(?<![\w–-](?:19|20)\d\d)(?<=(?:19|20)\d\d)"),
        _replace("[€£$§№] ", r" (?=\d)", "\u00a0", after=r"(?<=[€£$§№])"),
        _bind_space(r"\. \d", rf"(?<!\w)(?:{_ABBREVIATIONS})\. (?=\d)"),
        _bind_space(r" \d", rf"(?<!\w)(?i:{_NUMBERED_NOUNS[known]}) (?=\d)"),
        _bind_space(r"\. [A-Za-z]", rf"(?<!\w)(?:{_TITLES})\. (?=[A-Z]|(?:{_NAME_PARTICLES}) |(?:{_TITLES})\.)"),
        _bind_space(r" [A-Z]", rf"(?<!\w){_TITLES_WITHOUT_DOT[known]} (?=[A-Z])"),
        _bind_space(r"[A-Z]\. ", rf"(?<!\w)(?:[A-Z]\. )(?=[A-Z]|(?:{_NAME_PARTICLES}) )"),
        _bind_space(
            r"\d ",
            rf"(?<![\w.,:'’-])(?<!\w\u00a0)(?:\d{{1,3}}|\d{{1,3}}[.,:]\d{{1,2}}) (?=(?!(?:{function_words})\b)[^\W\d_])",
        ),
        _bind_space(r"\d [%‰°]", r"(?<=\d) (?=[%‰°])"),
    )


def _replace(trigger: str, pattern: str, character: str, *, after: str = "") -> _TypographyRule:
    """Make the rule that replaces one character by another outside URLs."""
    compiled = re.compile(rf"(?P<url>{_URL_OR_EMAIL})|{after}(?:{pattern})")
    return re.compile(trigger), compiled, lambda match: match["url"] or character


def _bind_space(trigger: str, pattern: str) -> _TypographyRule:
    """Make the rule that replaces the space at the end of a match by a no-break space."""
    compiled = re.compile(rf"(?P<url>{_URL_OR_EMAIL})|{pattern}")
    return re.compile(trigger), compiled, lambda match: match["url"] or match.group()[:-1] + "\u00a0"
