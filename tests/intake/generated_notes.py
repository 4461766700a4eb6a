"""Words for generated documents: each occurs once, so that a lost, doubled or glued word is seen."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field

SYLLABLES = [f"{onset}{vowel}" for onset in "bdfgklmnprstvz" for vowel in ("a", "e", "i", "o", "u", "ee", "oo")]
WORD = re.compile(r"(?<![^\W_])xq[a-z]{3,}(?![^\W_])")
MAX_DEPTH = 3


@dataclass
class GeneratedNote:
    """A document, the words that it shows, and what it has that is left out."""

    random: random.Random
    shown: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    omissions: Counter = field(default_factory=Counter)
    headings: list[set[str]] = field(default_factory=list)  # their words
    is_strict: bool = False  # no notes in text boxes, where office programs refuse them

    @classmethod
    def seed(cls, number, *, is_strict=False):
        """A note that is the same for the same number."""
        return cls(random.Random(number), is_strict=is_strict)

    def word(self):
        """A new word that the document shows."""
        self.shown.append(self._make_word())
        return self.shown[-1]

    def halves(self):
        """The two parts of a new word."""
        word = self.word()
        split = self.random.randint(1, 4)
        return word[:split], word[split:]

    def words(self, least=1, most=6):
        """Several of them."""
        return " ".join(self.word() for _ in range(self.random.randint(least, most)))

    def sentence(self):
        """Several of them, with a full stop."""
        return f"{self.words(2, 8)}."

    def omit(self, what, *, count=1):
        """Words that are left out, as this; ``count`` is how often it is reported for them."""
        self.omissions[what] += count
        self.left_out.append(self._make_word())
        return self.left_out[-1]

    def maybe(self, part):
        """True in this part of the cases."""
        return self.random.random() < part

    def pick(self, *functions):
        """Call one of these."""
        return self.random.choice(functions)()

    def some(self, function, least=1, most=3):
        """Join what several calls return."""
        return "".join(function() for _ in range(self.random.randint(least, most)))

    def _make_word(self):
        number = len(self.shown) + len(self.left_out) + 7_000  # at least two syllables
        parts = []
        while number:
            number, rest = divmod(number, len(SYLLABLES))
            parts.append(SYLLABLES[rest])
        return f"xq{''.join(parts)}n"

    def mark_heading(self, write):
        """Write a heading; it is left out, and counted, where all below it becomes a field."""
        start = len(self.shown)
        text = write()
        self.headings.append(set(self.shown[start:]))
        return text

    def check(self, read_words, omissions):
        """Words in are words out and words that are reported as left out."""
        found, reported = Counter(read_words), Counter(omissions)
        missing = set(Counter(self.shown) - found)
        emptied = [heading for heading in self.headings if heading & missing]
        assert [] == sorted(found - Counter(self.shown))
        assert [] == sorted(missing.difference(*emptied))
        assert len(emptied) == reported.pop("heading whose text became a field", 0)
        assert +self.omissions == reported


def find_words(text):
    """The generated words in a text, in order; one that is glued to another is none."""
    return WORD.findall(text)
