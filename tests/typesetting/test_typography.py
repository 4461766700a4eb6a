"""Plain text and Markdown as a typesetter would set them, and clean."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import WeerslagError
from pipeline.typesetting import html_of, typographic
from pipeline.typesetting.typography import hold_together, one_sign_each

DUTCH = {
    '"Kom maar", zei ze.': "“Kom maar”, zei ze.",
    "Zij zei: 'Nee.'": "Zij zei: ‘Nee.’",
    '"\'t Is goed," zei hij': "“’t Is goed,” zei hij",
    "'\"Ja\" zei hij'": "‘“Ja” zei hij’",
    '("tussen haakjes")': "(“tussen haakjes”)",
    "'s Avonds, 's-Gravenhage, 't, 'n, 'k, 'm": "’s Avonds, ’s-Gravenhage, ’t, ’n, ’k, ’m",
    "‘s avonds om ‘t vuur": "’s avonds om ’t vuur",  # as Word writes it
    "de letter 's' en de 'tafel'": "de letter ‘s’ en de ‘tafel’",
    "foto's, zo'n, auto's' einde, '90": "foto’s, zo’n, auto’s’ einde, ’90",
    "rock-'n-roll": "rock-’n-roll",
    "ja - nee - ja": "ja – nee – ja",
    "ja -- nee": "ja – nee",
    "wacht...": "wacht…",
    "16.30-19.00 uur": "16.30–19.00~uur",
    "2019-2020": "2019–2020",
    "06-12345678, 2024-06-13, A-1, e-mail": "06-12345678, 2024-06-13, A-1, e-mail",
    "12 foto's": "12~foto’s",
    "€ 5 en 3,5 miljoen": "€~5 en 3,5~miljoen",
    "p. 3, blz. 4, art. 5": "p.~3, blz.~4, art.~5",
    "J. de Vries, A. B. Jansen, dr. Smit": "J.~de Vries, A.~B.~Jansen, dr.~Smit",
    "5 en 6 van de 7": "5 en 6 van de 7",
    "13 juni 2024": "13~juni 2024",
    "in '90 waren": "in ’90 waren",
    "ĳs, Ĳsselmeer, ijs": "ijs, IJsselmeer, ijs",
    "weerslag build --jobs 4": "weerslag build --jobs 4",
    "Het kost € 1.250,50, 20 % meer dan artikel 12, lid 2 toestaat.": "Het kost €~1.250,50, 20~% meer dan artikel~12, lid~2 toestaat.",
    "Na 10 km bij 20 °C, ca. 40 man": "Na 10~km bij 20~°C, ca.~40~man",
    "Zie pagina 12 en Hoofdstuk 3 begon": "Zie pagina~12 en Hoofdstuk~3 begon",
    "dhr. Van Dijk, mevr. de Wit en prof. dr. ir. J. Smit": "dhr.~Van Dijk, mevr.~de Wit en prof.~dr.~ir.~J.~Smit",
    "A.B. Jansen, wijlen J. W. F. ter Horst": "A.B.~Jansen, wijlen J.~W.~F.~ter Horst",
    "baby's, A4'tjes, sms'en, 65+'ers en Hans' fiets": "baby’s, A4’tjes, sms’en, 65+’ers en Hans’ fiets",
    "de jaren '90 en ('95-'97)": "de jaren ’90 en (’95–’97)",
    "foto`s en foto´s, ´s avonds": "foto’s en foto’s, ’s avonds",  # the wrong key
    '"\'s Avonds", zei ze, "is het stil."': "“’s Avonds”, zei ze, “is het stil.”",
    "Zij vroeg: \"Zei hij 'ja' of 'nee'?\"": "Zij vroeg: “Zei hij ‘ja’ of ‘nee’?”",
    "van 16:30-19:00, of van 16.30 tot 19.00 uur": "van 16:30–19:00, of van 16.30 tot 19.00~uur",
    "in- en uitgang, 10-15 minuten, COVID-19": "in- en uitgang, 10-15 minuten, COVID-19",
    "20% van € 5": "20% van €~5",
    "": "",
}
ENGLISH = {
    "it's 'fine'": "it’s ‘fine’",
    "the '90s, 'tis, rock 'n' roll": "the ’90s, ’tis, rock ’n’ roll",
    "the letter 's'": "the letter ‘s’",
    "5 pm - 6 pm": "5~pm – 6~pm",
    "wait -- no---yes": "wait – no—yes",
    "Mr Smith and Dr. Jones, see page 12 and Fig. 3": "Mr~Smith and Dr.~Jones, see page~12 and Fig.~3",
    "\"He said 'no',\" she said.": "“He said ‘no’,” she said.",
    "the dogs' bones, 16:30-19:00, 20 %": "the dogs’ bones, 16:30–19:00, 20~%",
}
ADDRESSES = [
    "https://example.org/a--b/'c'/x...y?q=1-2",
    "http://x.nl/2019-2020",
    "www.x.nl/foto's...-a",
    "jan.o'neil@example.org",
]
awkward = st.text(st.sampled_from("ab sStn'\"‘’“”-–.…,(5€J90 \n\u00a0ĳ@/:") | st.characters(codec="utf-8"), max_size=60)


@pytest.mark.parametrize("typed", DUTCH)
def test_dutch_as_it_is_typed_becomes_dutch_as_it_is_set(typed):
    assert DUTCH[typed] == typographic(typed).replace("\u00a0", "~")


@pytest.mark.parametrize("typed", ENGLISH)
def test_english_as_it_is_typed_becomes_english_as_it_is_set(typed):
    assert ENGLISH[typed] == typographic(typed, language="en").replace("\u00a0", "~")


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_never_touched(address):
    assert f"Zie “{address}” – of {address}." == typographic(f'Zie "{address}" - of {address}.')


@given(text=awkward, language=st.sampled_from(["nl", "en", "fr"]))
def test_setting_twice_is_setting_once(text, language):
    once = typographic(text, language=language)

    assert once == typographic(once, language=language)


@given(text=awkward, language=st.sampled_from(["nl", "en"]))
def test_the_second_pass_never_changes_the_length_and_no_letter(text, language):
    held = hold_together(text, language=language)

    assert len(text) == len(held)
    assert all(new in "“”‘’–\u00a0" for old, new in zip(text, held, strict=True) if old != new)


@given(text=awkward)
def test_no_sign_comes_out_that_the_fonts_lack(text):
    new = set(typographic(text)) - set(text)

    assert new <= set("“”‘’–—…\u00a0ijIJ")


@pytest.mark.parametrize("piece", ["'", '"', "- ", "...", "a@", "www.", "1 ", "J. ", "x", "http://'", "'s "])
def test_a_long_text_takes_no_time_to_speak_of(piece):
    began = time.process_time()

    typographic(piece * 20_000)

    assert time.process_time() - began < 5


# ------------------------------------------------------------------------------------------------------------- Markdown


class Seen(HTMLParser):
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


def text_of(text_md):
    return Seen(html_of(text_md)).text.strip().replace("\u00a0", "~")


def test_quotes_close_over_emphasis_and_links_and_code_stays_as_it_is():
    assert '“Hallo foto’s” en "code" - \'s ‘zo’' == text_of("\"*Hallo* [foto's](x)\" en `\"code\" - 's` 'zo'")


def test_a_number_stays_with_its_word_over_the_end_of_a_line():
    assert "wij zagen 12~foto’s\nen meer" == text_of("wij zagen 12\nfoto's\nen meer")


@pytest.mark.parametrize(("text_md", "text"), [
    ("**'s** Avonds zei zij: \"*Ga* eerst *kijken*.\"", "’s Avonds zei zij: “Ga eerst kijken.”"),
    ('"*Nee*," zei **hij**, "*art. 3* geldt."', "“Nee,” zei hij, “art.~3~geldt.”"),
    ("Zie [artikel](x) 12 en *dhr.* Van Dijk, € **5**", "Zie artikel~12 en dhr.~Van Dijk, €~5"),
    ("Van *16:30*-**19:00** uur", "Van 16:30–19:00~uur"),
    ("*foto*'s en 'de *wet*'", "foto’s en ‘de wet’"),
    ('Typ `"ja" - 16:30-19:00...` in', 'Typ "ja" - 16:30-19:00... in'),
    ("<https://x.nl/foto's-2019-2020> en https://x.nl/'90", "https://x.nl/foto's-2019-2020 en https://x.nl/'90"),
])  # fmt: skip
def test_a_sentence_is_set_as_one_through_emphasis_and_links(text_md, text):
    assert text == text_of(text_md)


def test_an_address_in_a_link_and_on_its_own_is_never_touched():
    html = html_of("<https://x.nl/a--b...> [zo'n](https://x.nl/it's \"foto's\") https://x.nl/c'd")

    assert ["https://x.nl/a--b...", "https://x.nl/it's"] == [
        named["href"] for tag, named in Seen(html).tags if tag == "a"
    ]
    assert "https://x.nl/a--b... zo’n https://x.nl/c'd" == Seen(html).text.strip()


def test_headings_begin_at_three_and_skip_none():
    assert ["h3", "h4", "h3"] == [tag for tag, _ in Seen(html_of("# Een\n\n### Twee\n\n# Drie")).tags]
    assert ["h3"] == [tag for tag, _ in Seen(html_of("#### Alleen")).tags]
    assert ["h3", "h4", "h5", "h6", "h6", "h6"] == [
        tag for tag, _ in Seen(html_of("\n\n".join(f"{'#' * n} Kop" for n in range(1, 7)))).tags
    ]


def test_notes_stand_at_the_end_and_those_of_two_texts_can_share_a_page():
    texts = [html_of(f"Tekst{n}.[^1] Weer.[^1]\n\n[^1]: Noot {n}.") for n in range(2)]
    idents = [named["id"] for text in texts for _, named in Seen(text).tags if "id" in named]
    targets = [
        named["href"][1:] for text in texts for _, named in Seen(text).tags if named.get("href", "").startswith("#")
    ]

    assert len(idents) == len(set(idents)) == 6
    assert set(targets) == set(idents)
    assert 'aria-label="Terug naar de tekst"' in texts[0]


def test_tables_and_definitions_are_kept_and_the_head_of_a_table_says_what_it_heads():
    tags = Seen(html_of("a | b\n--|--:\n1 | 2\n\nterm\n: uitleg")).tags

    assert [("th", {"scope": "col"})] * 2 == [tag for tag in tags if tag[0] == "th"]
    assert {"dl", "dt", "dd"} <= {tag for tag, _ in tags}


def test_a_picture_comes_from_beside_the_text_or_gives_way_to_its_words():
    html = html_of(
        '![Tafel 3](../images/tafel.jpg "titel") ![ver](https://x.nl/a.png) ![weg](//x.nl/b.png) ![pad](/c.png)'
    )

    assert [{"src": "../images/tafel.jpg", "alt": "Tafel 3", "title": "titel"}] == [
        named for tag, named in Seen(html).tags if tag == "img"
    ]
    assert "ver weg pad" in Seen(html).text


HOSTILE = [
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


@pytest.mark.parametrize("text_md", HOSTILE)
def test_nothing_hostile_survives(text_md):
    allowed = {"p", "em", "sup", "ol", "li", "a", "h3", "code", "pre", "img", "div"}

    for tag, named in Seen(html_of(text_md)).tags:
        assert tag in allowed
        assert not [name for name in named if name.startswith("on") or name == "style"]
        assert re.match(r"(https?:|mailto:|tel:|[^:]*$)", named.get("href") or named.get("src") or "")


@given(text=st.text(max_size=80))
def test_any_text_at_all_comes_out(text):
    assert "&nbsp;" not in html_of(text).replace("&amp;nbsp;", "")


@pytest.mark.parametrize(
    "text_md", ["[", "![", "**", "[^", "^[", "<", ">", "* ", "[a](", "`", "&", "a\n: ", "|"], ids=repr
)
def test_fifty_thousand_signs_of_spite_take_no_time_to_speak_of(text_md):
    began = time.process_time()

    html_of(text_md * (50_000 // len(text_md)))

    assert time.process_time() - began < 10


def test_a_text_without_end_is_told():
    with pytest.raises(WeerslagError, match="1000001 signs is too long"):
        html_of("a" * 1_000_001)


def test_html_is_safe_for_a_template_and_without_named_spaces():
    html = html_of("12 foto's & <b>")

    assert html.__html__() == "<p>12\u00a0foto’s &amp; &lt;b&gt;</p>\n"
    assert one_sign_each("...") == "…"
