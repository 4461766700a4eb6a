"""Markdown as clean HTML with typography."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.errors import WeerslagError
from pipeline.typesetting import find_markdown_excess, find_markdown_file_excess, render_markdown
from pipeline.typesetting.typography import substitute_characters


class ParsedHtml(HTMLParser):
    """Every tag with its attributes, and the visible text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def render_text(text_md):
    return ParsedHtml(render_markdown(text_md)).text.strip().replace("\u00a0", "~")


def test_quotes_close_across_emphasis_and_code_does_not_change():
    assert '“Hallo foto’s” en "code" - \'s ‘zo’' == render_text("\"*Hallo* [foto's](x)\" en `\"code\" - 's` 'zo'")


def test_number_stays_with_its_word_across_a_line_break():
    assert "wij zagen 12~foto’s\nen meer" == render_text("wij zagen 12\nfoto's\nen meer")


@pytest.mark.parametrize(("text_md", "text"), [
    ("**'s** Avonds zei zij: \"*Ga* eerst *kijken*.\"", "’s Avonds zei zij: “Ga eerst kijken.”"),
    ('"*Nee*," zei **hij**, "*art. 3* geldt."', "“Nee,” zei hij, “art.~3~geldt.”"),
    ("Zie [artikel](x) 12 en *dhr.* Van Dijk, € **5**", "Zie artikel~12 en dhr.~Van Dijk, €~5"),
    ("Van *16:30*-**19:00** uur", "Van 16:30–19:00~uur"),
    ("*foto*'s en 'de *wet*'", "foto’s en ‘de wet’"),
    ('Typ `"ja" - 16:30-19:00...` in', 'Typ "ja" - 16:30-19:00... in'),
    ("<https://x.nl/foto's-2019-2020> en https://x.nl/'90", "https://x.nl/foto's-2019-2020 en https://x.nl/'90"),
])  # fmt: skip
def test_sentence_is_typeset_across_emphasis_and_links(text_md, text):
    assert text == render_text(text_md)


def test_urls_do_not_change():
    html = render_markdown("<https://x.nl/a--b...> [zo'n](https://x.nl/it's \"foto's\") https://x.nl/c'd")

    assert ["https://x.nl/a--b...", "https://x.nl/it's"] == [
        attributes["href"] for tag, attributes in ParsedHtml(html).tags if tag == "a"
    ]
    assert "https://x.nl/a--b... zo’n https://x.nl/c'd" == ParsedHtml(html).text.strip()


def test_headings_begin_at_h3_without_gaps():
    assert ["h3", "h4", "h3"] == [tag for tag, _ in ParsedHtml(render_markdown("# Een\n\n### Twee\n\n# Drie")).tags]
    assert ["h3"] == [tag for tag, _ in ParsedHtml(render_markdown("#### Alleen")).tags]
    assert ["h3", "h4", "h5", "h6", "h6", "h6"] == [
        tag for tag, _ in ParsedHtml(render_markdown("\n\n".join(f"{'#' * n} Kop" for n in range(1, 7)))).tags
    ]


def test_footnote_ids_of_two_texts_differ():
    texts = [render_markdown(f"Tekst{n}.[^1] Weer.[^1]\n\n[^1]: Noot {n}.") for n in range(2)]
    ids = [attributes["id"] for text in texts for _, attributes in ParsedHtml(text).tags if "id" in attributes]
    targets = [
        attributes["href"][1:]
        for text in texts
        for _, attributes in ParsedHtml(text).tags
        if attributes.get("href", "").startswith("#")
    ]

    assert len(ids) == len(set(ids)) == 6
    assert set(targets) == set(ids)
    assert 'aria-label="Terug naar de tekst"' in texts[0]


def test_tables_have_scopes_and_definition_lists_are_rendered():
    tags = ParsedHtml(render_markdown("a | b\n--|--:\n1 | 2\n\nterm\n: uitleg")).tags

    assert [("th", {"scope": "col"})] * 2 == [tag for tag in tags if tag[0] == "th"]
    assert {"dl", "dt", "dd"} <= {tag for tag, _ in tags}


def test_external_image_is_replaced_by_its_alt_text():
    html = render_markdown(
        '![Tafel 3](../images/tafel.jpg "titel") ![ver](https://x.nl/a.png) ![weg](//x.nl/b.png) ![pad](/c.png)'
    )

    assert [{"src": "../images/tafel.jpg", "alt": "Tafel 3", "title": "titel"}] == [
        attributes for tag, attributes in ParsedHtml(html).tags if tag == "img"
    ]
    assert "ver weg pad" in ParsedHtml(html).text


UNSAFE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1)) [b](data:text/html,x) [c](vbscript:x) [d](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "[a](&#106;avascript:alert(1))",
    "[a](x \"onmouseover='x'\")",
    "<iframe src=//x></iframe><link rel=attachment href=file:///etc/passwd><base href=//x><meta http-equiv=refresh>",
    "<style>@import '//x'</style><svg onload=x><math><mtext>",
    "![x](data:image/svg+xml;base64,AAAA)",
    '![a" onerror="x](y.png)',
    "```<b>\nx\n```",
    "[^<script>]\n\n[^<script>]: x",
    "# <h1 style=x>",
    "\0<b>\ufffe",
]


@pytest.mark.parametrize("text_md", UNSAFE)
def test_unsafe_html_is_removed(text_md):
    allowed = {"p", "em", "sup", "ol", "li", "a", "h3", "code", "pre", "img", "div"}

    for tag, attributes in ParsedHtml(render_markdown(text_md)).tags:
        assert tag in allowed
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert re.match(r"(https?:|mailto:|tel:|[^:]*$)", attributes.get("href") or attributes.get("src") or "")


@given(text=st.text(max_size=80))
def test_any_text_can_be_rendered(text):
    assert "&nbsp;" not in render_markdown(text).replace("&amp;nbsp;", "")


@pytest.mark.parametrize(
    ("text_md", "count", "message"),
    [
        *((markup, 3_300, "") for markup in ("** ", "< ", "` ", "& ", "* ")),
        *((markup, 1_000, "") for markup in ("[ ", "![ ", "[^ ", "^[ ", "[a]( ")),
        ("[ ", 4_900, "more than 1000 square brackets"),
        ("*a *", 2_400, "more than 600 marks of emphasis"),
        ("a_ ", 3_300, "more than 600 marks of emphasis"),
        ("> ", 4_900, "nested too deeply"),
    ],
    ids=repr,
)
def test_repeated_markup_takes_linear_time(text_md, count, message):
    text_md *= count
    began = time.process_time()

    excess = find_markdown_excess(text_md)
    if not excess:
        render_markdown(text_md)

    assert time.process_time() - began < 2
    assert message in excess.message if message else excess is None


@pytest.mark.parametrize(
    ("deepest", "deeper"),
    [
        ("\n".join("  " * level + "- punt" for level in range(9)), "\n" + "  " * 9 + "- dieper"),
        ("\n".join("\t" * level + "1. punt" for level in range(9)), "\n" + "\t" * 9 + "1. dieper"),
        ("1. " * 9 + "punt", "\n" + "   " * 9 + "- dieper"),
        (">" * 9 + " diep", "\n\n" + ">" * 10 + " dieper"),
        ("> " * 8 + "- " * 5 + "punt", "\n" + "> " * 8 + "  " * 5 + "- > dieper"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_nested_too_deeply_is_refused_and_the_deepest_that_is_not_loses_no_word(deepest, deeper):
    assert find_markdown_excess(f"{deepest}\n\nEn verder.") is None
    assert html_words(render_markdown(f"{deepest}\n\nEn verder.")) == words_without_marks(f"{deepest} En verder.")

    excess = find_markdown_excess(f"{deepest}{deeper}\n\nEn verder.")

    assert "a list or quotation is nested too deeply" == excess.message
    assert len(deepest) < excess.start < len(deepest) + len(deeper)


@pytest.mark.parametrize(
    ("text_md", "message"),
    [
        ("Zin.\n\n" * 9_990, ""),
        ("- a\n" * 19_990, ""),
        ("- a\n" * 20_000, "a text of 20001 lines is too long: the limit is 20000"),
        ("woord " * 50_001, "a text of 300006 characters is too long: the limit is 300000"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_text_that_is_not_printed_has_wide_limits(text_md, message):
    excess = find_markdown_file_excess(text_md)

    assert message == (excess.message if excess else "")


def html_words(html: str) -> list[str]:
    return re.findall(r"\w+", re.sub("<[^>]*>", " ", html))


def words_without_marks(text_md: str) -> list[str]:
    return re.findall(r"[^\W\d]+", text_md)


@pytest.mark.parametrize(
    ("text_md", "start", "message"),
    [
        ("een \n\n" * 6_668, 0, "a text of 40008 characters is too long"),
        ("een\n" * 1_801, 0, "a text of 1802 lines is too long"),
        (f"Vooraf.\n\n{'|a' * 40}|\n{'|-' * 40}|\n", 9, "a table of 41 columns is too wide"),
        (f"Vooraf {'a' * 400} en verder", 7, "a word of 400 characters is too long"),
        ("& " * 4_000 + "\n\n" + "& " * 3_001, 0, "more than 7000 punctuation marks"),
        ("Vooraf.\n\n" + "een\ntwee " * 1_200, 9, "a paragraph of more than 10000 characters"),
        ("- punt\n" * 249 + "- " + "een " * 2_600, 1743, "a paragraph of more than 10000 characters"),
        ("```\n" + f"{'een ' * 40}\n" * 180 + "```\n\n" + "een " * 2_400, None, ""),
        ("[ ] " * 1_001, 4000, "more than 1000 square brackets"),
        ("\\[een] " * 1_200, None, ""),
        ("😀 " * 1_001, 2000, "more than 1000 emoji and symbols"),
        ("Zie " + "a*b*" * 11, 4, "a word with more than 20 marks of emphasis"),
        ("Zie " + "a*b*" * 10 + " en " + "_" * 200, None, ""),
        ("a\n: b\n\n" * 121, 842, "more than 120 definitions"),
        ("- een\n" * 350 + "> 1. twee\n" * 51, 2600, "more than 400 items in lists"),
        ("een\\\ntwee  \n" * 251, 3003, "more than 500 line breaks inside paragraphs"),
        ("```\n" + "een\n" * 200 + "```\n\n" + "    twee\n" * 51, 1259, "more than 250 lines of code"),
        ("*een* " * 302, 1806, "more than 600 marks of emphasis"),
        ("*een*\n" * 302, 1806, "more than 600 marks of emphasis"),
        ("**Anna:** een woord.\n\n" * 450 + "*een* " * 301, None, ""),
        ("    *een* *twee* *drie*\n" * 200, None, ""),
        ("|a|b|c|d|e|f|\n" + "|-|-|-|-|-|-|\n" + "|a|b|c|d|e|f|\n" * 76, None, ""),
        (
            "- een naam, gemeente Ede\n" * 270
            + "\n"
            + "".join(f"Een zin.[^{n}]\n\n[^{n}]: Bron.\n\n" for n in range(90)),
            None,
            "",
        ),
        ("* een\n" * 250 + "\n***\n\n" + "*twee* " * 300, None, ""),
        (" " * 39_000 + "a", None, ""),
        ("een woord, een zin, en nog een.\n\n" * 690, None, ""),
        ("规则不是" * 500 + "\n\n" + "规则 " * 11_999, 2002, "a paragraph of more than 10000"),
        ("规则不是\n\n" * 600 + ("规则" * 1_900 + "\n\n") * 7, 26210, "more than 25000 letters that are not Latin"),
        ("[a](b) " * 201, 1402, "more than 200 links and images"),
        ("<https://example.org/> " * 201, 4600, "more than 200 links and images"),
        ("a[^1] " * 181 + "\n\n[^1]: b", 1081, "more than 180 references to footnotes"),
        ("## Kop\n\nTekst.\n\n" * 201, 3200, "more than 200 headings"),
        ("Kop\n---\n" * 201, 1604, "more than 200 headings"),
        ("|a|b|\n|-|-|\n" + "|a|b|\n" * 298, None, ""),
        ("|a|b|\n|-|-|\n" + "|a|b|\n" * 299, 1800, "more than 600 cells in tables"),
        ("a|b|c\n-|-|-\n" + "a|b|c\n" * 299, 1801, "more than 600 cells in tables"),
        ("[a](b) " * 200 + "a[^1] " * 159 + "\n\n[^1]: b\n\n" + "# Kop\n\n" * 100, None, ""),
        (f"Zie https://example.org/{'map/' * 365} daar", None, ""),
        (f"Zie [de kaart](https://example.org/?{'laag=1&' * 90}).", None, ""),
        ("一个词" * 400, None, ""),
        (("een woord, een zin. " * 499 + "\n\n") * 4, None, ""),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_text_too_large_to_render_is_found_with_its_place(text_md, start, message):
    excess = find_markdown_excess(text_md)

    assert start == (excess and excess.start)
    assert excess is None or message in excess.message
    if find_markdown_file_excess(text_md):
        with pytest.raises(WeerslagError, match=message):
            render_markdown(text_md)


def test_html_is_safe_markup_without_named_entities():
    html = render_markdown("12 foto's & <b>")

    assert html.__html__() == "<p>12\u00a0foto’s &amp; &lt;b&gt;</p>\n"
    assert substitute_characters("...") == "…"


@given(st.from_regex(r"https?://[a-z]{1,6}[0-9]?(\.[a-z]{2,6}){1,3}(/[A-Za-z0-9._~%/-]{0,20})?", fullmatch=True))
def test_url_is_normalised_as_markdown_it_does(address):
    assert f'href="{MarkdownIt().normalizeLink(address)}"' in render_markdown(f"[x](<{address}>)")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![Een stoep](s.jpg)\nDe stoep is nieuw.", "<p>IMG</p>\n<p>De stoep is nieuw.</p>"),
        ("Kijk:\n![Een stoep](s.jpg)\nen verder.", "<p>Kijk:</p>\n<p>IMG</p>\n<p>en verder.</p>"),
        ("Kijk:\\\n![Een stoep](s.jpg)\\\nen verder.", "<p>Kijk:</p>\n<p>IMG</p>\n<p>en verder.</p>"),
        ("![Een stoep](s.jpg) De stoep.\nIs nieuw.", "<p>IMG</p>\n<p> De stoep.\nIs nieuw.</p>"),
        ("Kijk: ![Een stoep](s.jpg)\nEn verder.", "<p>Kijk: </p>\n<p>IMG</p>\n<p>En verder.</p>"),
        ("De ![Een stoep](s.jpg) is\nnieuw.", "<p>De IMG is\nnieuw.</p>"),
        ("![Een stoep](s.jpg) ![Een stoep](s.jpg)", "<p>IMG</p>\n<p>IMG</p>"),
        ("*Kijk*![Een stoep](s.jpg)", "<p><em>Kijk</em></p>\n<p>IMG</p>"),
        ("- De ![Een stoep](s.jpg)", "<ul>\n<li>De IMG</li>\n</ul>"),
    ],
)
def test_picture_beside_text_gets_its_own_paragraph(text, html):
    image = '<img src="s.jpg" alt="Een stoep">'

    assert html == str(render_markdown(text)).replace(image, "IMG").strip()


def test_external_picture_beside_text_is_its_alternative_text():
    assert "<p>De stoep is nieuw.</p>\n" == render_markdown("De ![stoep](https://example.org/s.jpg) is nieuw.")


def test_address_with_many_underscores_is_no_emphasis():
    address = "https://example.org/" + "_".join(["deel"] * 40)

    assert find_markdown_excess(f"Zie {address} en [hier]({address}).") is None


def test_footnote_beside_a_picture_is_kept():
    html = str(render_markdown("![Een stoep](s.jpg)[^1]\n\n[^1]: Een noot."))

    assert html.startswith('<p><img src="s.jpg" alt="Een stoep"></p>\n<p><sup>')
    assert "Een noot." in html


def test_escaped_bars_are_no_table():
    assert find_markdown_excess(r"\| " * 1200) is None


def test_blocks_that_begin_with_arabic_or_hebrew_are_set_from_right_to_left():
    html = render_markdown("«مرحبا» 3\n\nHallo مرحبا\n\n- **שלום**\n- 3, twee\n\n|مرحبا|b|\n|-|-|\n|1|ب|")

    assert ["«مرحبا» 3", "שלום", "مرحبا", "ب"] == re.findall(r'dir="rtl">(?:<strong>)?([^<]*)', html)
    assert "<p>Hallo مرحبا</p>" in html
