"""Typography of plain text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.typesetting import apply_typography, find_missing_glyphs
from pipeline.typesetting.typography import WORD_SYMBOLS, set_quotes_and_spaces

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
awkward_texts = st.text(
    st.sampled_from("ab sStn'\"‘’“”-–.…,(5€J90 \n\u00a0ĳ@/:") | st.characters(codec="utf-8"), max_size=60
)


@pytest.mark.parametrize("typed", DUTCH)
def test_dutch_typography(typed):
    assert DUTCH[typed] == apply_typography(typed).replace("\u00a0", "~")


@pytest.mark.parametrize("typed", ENGLISH)
def test_english_typography(typed):
    assert ENGLISH[typed] == apply_typography(typed, language="en").replace("\u00a0", "~")


@pytest.mark.parametrize("address", ADDRESSES)
def test_urls_and_email_addresses_do_not_change(address):
    assert f"Zie “{address}” – of {address}." == apply_typography(f'Zie "{address}" - of {address}.')


@given(text=awkward_texts, language=st.sampled_from(["nl", "en", "fr"]))
def test_typography_is_idempotent(text, language):
    once = apply_typography(text, language=language)

    assert once == apply_typography(once, language=language)


@given(text=awkward_texts, language=st.sampled_from(["nl", "en"]))
def test_second_pass_preserves_length_and_letters(text, language):
    typeset = set_quotes_and_spaces(text, language=language)

    assert len(text) == len(typeset)
    assert all(new in "“”‘’–\u00a0" for old, new in zip(text, typeset, strict=True) if old != new)


@given(text=awkward_texts)
def test_result_has_only_characters_of_the_fonts(text):
    new = set(apply_typography(text)) - set(text)

    assert new <= {*"“”‘’–—…\u00a0ijIJ", *WORD_SYMBOLS.values()}
    assert [] == list(find_missing_glyphs("".join(new)))


@pytest.mark.parametrize("piece", ["'", '"', "- ", "...", "a@", "www.", "1 ", "J. ", "x", "http://'", "'s "])
def test_long_text_takes_linear_time(piece):
    began = time.process_time()

    apply_typography(piece * 20_000)

    assert time.process_time() - began < 5


def test_signs_that_word_pastes_from_symbol_fonts_become_characters():
    assert "• een ✓ twee ☐ → drie" == apply_typography("\uf0b7 een \uf0fc twee \uf0a8 \uf0e0 drie")
