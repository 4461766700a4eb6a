"""Texts in Markdown that are slow to parse, to check or to lay out, by name: just below each limit, and far above it."""

import textwrap

SENTENCE = "Het gaat niet om meer regels, het gaat om wie er opneemt. "
_WORD = "vergunningverleningsprocedure"


def _make_table(columns: int, rows: int, cell: str = "inkomensgrens") -> str:
    lines = ["| " + " | ".join(f"{row}-{column} {cell}" for column in range(columns)) + " |" for row in range(rows)]
    return "\n".join([lines[0], "|---" * columns + "|", *lines[1:]])


def _divide(text: str) -> str:
    """Divide a text at spaces into paragraphs, each as long as is accepted."""
    return "\n\n".join(textwrap.wrap(text, 9_990, break_long_words=False, break_on_hyphens=False))


TEXTS = {
    # of a length that is accepted
    "200 links": "\n\n".join(f"Zie [tafel {n}](https://example.org/{n}) hierover." for n in range(200)),
    "195 links in one paragraph": " ".join(f"[tafel {n}](https://example.org/{n})" for n in range(195)),
    "200 headings": "\n\n".join(f"## Kop {n}\n\n{SENTENCE}" for n in range(200)),
    "200 headings alone": "\n\n".join(f"## Kop {n}" for n in range(200)),
    "90 footnotes": " ".join(f"Woord[^{n}]." for n in range(90)) + "".join(f"\n\n[^{n}]: Noot." for n in range(90)),
    "90 paragraphs with footnotes": "\n\n".join(f"{SENTENCE * 3}[^{n}]" for n in range(90))
    + "".join(f"\n\n[^{n}]: Zie https://example.org/bron/{n}" for n in range(90)),
    "120 definitions": "\n\n".join(f"Begrip {n}\n: {SENTENCE}" for n in range(120)),
    "a table of 10 columns, 59 rows": _make_table(10, 59),
    "a table of 29 columns, 19 rows": _make_table(29, 19),
    "a table of 2 columns, 299 rows": _make_table(2, 299),
    "25 tables": "\n\n".join(_make_table(4, 5) for _ in range(25)),
    "a word of 20 emphasised pieces": "".join(f"*a{n}*_b_" for n in range(5)),
    "words of 20 marks": " ".join(["*a*b*c*d*e*f*g*h*i*j*k_"] * 27),
    "300 emphasised words": " ".join(["*woord*"] * 300),
    "300 emphasised words in 4 paragraphs": "\n\n".join([" ".join(["*woord*"] * 75)] * 4),
    "880 paragraphs of an emphasised word": "\n\n".join(["*woord*"] * 880),
    "320 turns with a name in bold": "\n\n".join([f"**Gemeente:** {SENTENCE}"] * 320),
    "160 questions in bold": "\n\n".join([f"**Hoe gaat dat?**\n\n{SENTENCE}*Nou ja.* {SENTENCE}"] * 160),
    "160 paragraphs of 2 quotations": "\n\n".join([f"*‘{SENTENCE}’* en *‘{SENTENCE}’* zei hij."] * 160),
    "a list of 400 items": "\n".join(f"- punt {n}" for n in range(400)),
    "a list of 400 sentences": "\n".join([f"- {SENTENCE}"] * 400),
    "a list 9 deep": "\n".join("  " * n + f"- punt {n}" for n in range(9)),
    "quotations 9 deep": ">" * 9 + " diep",
    "quotations of 1 to 9 levels": "\n".join(">" * (n % 9 + 1) + f" regel {n}" for n in range(960)),
    "1,790 lines of one letter": "\n".join(["a"] * 1_790),
    "890 paragraphs of one letter": "\n\n".join(["a"] * 890),
    "500 hard line breaks": "\\\n".join(["regel"] * 500),
    "250 lines of code": "```\n" + "\n".join(["x = 1"] * 250) + "\n```",
    "890 rules": "\n\n".join(["***"] * 890),
    "130 words of 300 letters": _divide(" ".join(["a" * 300] * 130)),
    "26 addresses of 1,480 letters": "\n\n".join("https://example.org/" + "a" * 1_460 for _ in range(26)),
    "1,330 compounds": _divide(" ".join([_WORD] * 1_330)),
    "25,000 Chinese letters": "\n\n".join(["规则不是关键关键是谁接电话" * 300] * 6),
    "990 emoji": " ".join(["😀🎉"] * 495),
    "25,000 Arabic letters": _divide("مرحبا بالعالم " * 2_070),
    "25,000 Hindi letters": _divide("नियम महत्वपूर्ण नहीं हैं " * 1_150),
    "3,900 letters with 8 accents each": _divide(("a" + "\u0301\u0302\u0303\u0308" * 2 + " ") * 3_900),
    "19,500 soft hyphens": _divide("aa\u00ad" * 90 + " " + ("a\u00ad" * 100 + " ") * 195),
    "19,500 quotation marks": _divide("\" ' " * 9_750),
    # of marks that Markdown pairs
    "990 `[ `": "[ " * 990,
    "195 `[a](`": " [a](" * 195,
    "990 `![ `": "![ " * 990,
    "6,900 `<a `": _divide("<a " * 6_900),
    "6,900 `&a `": _divide("&a " * 6_900),
    "backticks of growing length": " ".join("`" * n for n in range(1, 117)),
    "590 `_a `": "_a " * 590,
    "590 `a_ `": "a_ " * 590,
    "190 `*a**b `": "*a**b " * 190,
    # above the limits
    "9,900 `&a `": _divide("&a " * 9_900),
    "9,900 `[ `": "[ " * 9_900,
    "48,000 Chinese letters": "\n\n".join(["规则不是关键关键是谁接电话" * 300] * 12),
    "a paragraph of 45,000 Arabic letters": "مرحبا بالعالم " * 3_200,
    "2,400 paragraphs of one letter": "\n\n".join(["a"] * 2_400),
    "20,000 emoji": _divide(" ".join(["😀🎉"] * 10_000)),
    "90,000 letters": "\n\n".join([SENTENCE * 25] * 60),
    "an address of 3,900 letters": "https://example.org/" + "a" * 3_880,
    "140 definitions": "\n\n".join(f"Begrip {n}\n: {SENTENCE}" for n in range(140)),
    "a table of 2 columns, 330 rows": _make_table(2, 330),
    "4,500 emphasised words": _divide(" ".join(["*woord*"] * 4_500)),
    "9,900 `_a `": _divide("_a " * 9_900),
    "a list of 1,500 items": "\n".join(f"- punt {n}" for n in range(1_500)),
    "a list 60 deep": "\n".join("  " * n + f"- punt {n}" for n in range(60)),
    "quotations 100 deep": ">" * 100 + " diep",
    "1,200 hard line breaks": "\\\n".join(["regel"] * 1_200),
    "1,300 lines of code": "```\n" + "\n".join(["x = 1"] * 1_300) + "\n```",
    "100,000 `[`": "[" * 100_000,
    "1,000,000 `[`": "[" * 1_000_000,
    "300,000 `*a`": "*a" * 300_000,
    "a word of 500 emphasised pieces": "".join(f"*a{n}*_b_" for n in range(250)),
    "a table of 2,000 columns": _make_table(2_000, 3),
    "a word of 1,000,000 letters": "a" * 1_000_000,
    "1,000,000 spaces": "a" + " " * 1_000_000 + "b",
    "1,000,000 line breaks": "a" + "\n" * 1_000_000 + "b",
}
