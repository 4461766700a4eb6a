"""Labels, quotes, sign-offs and exports of chats in the texts that groups write."""

import pytest

from pipeline.intake.refused_formats import RefusedFileError
from tests.intake.conftest import render_result


@pytest.fixture
def read_note(read):
    """Reads a text; returns its drafts and omissions as text."""

    def read_words(words):
        content = words if isinstance(words, bytes) else words.encode()
        return render_result(read(content, "notitie.txt"))

    return read_words


def test_labels_are_read_per_line(read_note):
    result = read_note("Tafel 10\nVraag: Wat helpt?\nRollen: ambtenaar, inwoner\nAanwezig: Karin, Piet\nEen zin.\n")

    assert "group: Tafel 10\n" in result
    assert 'question: "Wat helpt?"' in result
    assert "roles: [ambtenaar, inwoner]" in result
    assert "\nEen zin.\n" in result
    assert "1 × line with names of people" in result


@pytest.mark.parametrize("question", ["什么有帮助？", "ما الذي يساعد؟"])
def test_question_in_another_script_is_the_question(question, read_note):
    result = read_note(f"Tafel 10\n\n{question}\n\nEen zin.\n")

    assert f'question: "{question}"' in result
    assert result.count(question) == 1


@pytest.mark.parametrize(
    "line",
    [
        "Verslag: De balie wil een vast nummer, want nu belt niemand terug.",
        "Verslag: de balie belt terug.",
        "Wie: alle inwoners, ook zij die nooit komen.",
        "Namen: straatnamen helpen om een wijk te onthouden.",
        "Notes: The desk wants one number.",
    ],
)
def test_sentence_behind_a_label_is_text(line, read_note):
    result = read_note(f"Tafel 3\n\n{line}\n")

    assert f"\n{line}\n" in result
    assert "roles: []" in result


@pytest.mark.parametrize(
    "line",
    [
        "Aanwezig: Karin de Boer, Piet Jansen",
        "Notulist: Karel",
        "Deelnemers: Karin de Boer (gemeente), İbrahim Şahin en Fatima Aït Ouali",
        "Namen: mevrouw d’Ancona, Jan van ’t Hof",
        "Aanwezig: Karin, een ambtenaar",
    ],
)
def test_line_with_names_is_left_out_and_counted(line, read_note):
    result = read_note(f"Tafel 3\n\n{line}\n\nEen zin.\n")

    assert line.split(": ")[1].split()[0] not in result
    assert "1 × line with names of people" in result


@pytest.mark.parametrize(
    "line", ['"Bel terug." (Fatima)', "“Bel terug.” – Fatima", '"Bel terug." Fatima', "‘Bel terug.’ (Fatima, balie)"]
)
def test_name_behind_a_quote_is_left_out_and_counted(line, read_note):
    result = read_note(f"Tafel 3\nEen zin.\n{line}\n")

    assert '{text: "Bel terug."' in result
    assert "Fatima" not in result
    assert "1 × name of a quoted speaker" in result


@pytest.mark.parametrize(
    "line",
    [
        '"Eerste zin." zei ze, "Tweede zin."',
        "'s Avonds bellen we niet 's nachts'",
        "“Zo”, aldus een ambtenaar van de balie.",
    ],
)
def test_sentence_with_quotation_marks_is_no_quote(line, read_note):
    assert f"\n{line}\n" in read_note(f"Tafel 3\n\n{line}\n")


@pytest.mark.parametrize("end", ["- Groet, Ahmed", "Warme groet,\nAhmed", "Gr.\n\nAhmed Kaya\n\n06 12345678"])
def test_sign_off_is_no_insight(end, read_note):
    result = read_note(f"Tafel 3\n\nInzichten:\n- Bel terug.\n\n{end}\n")

    assert '  - "Bel terug."' in result
    assert "Ahmed" not in result
    assert "1 × signature" in result


@pytest.mark.parametrize(
    "export",
    [
        "13-06-2024 20:14 - Berichten zijn versleuteld.\n13-06-2024 20:15 - Karin: Bel terug.\n13-06-2024 20:16 - Piet: Ja.\n",
        "[13-06-2024 20:15:03] Karin: Bel terug.\n[13-06-2024 20:16:40] +31 6 12345678: \u200eJa.\n",
        "6/13/24, 8:15 PM - Karin: Bel terug.\n6/13/24, 8:16 PM - Piet: Ja.\n",
        "0:0:0.0 --> 0:0:4.200\nKarin de Boer\nBel terug.\n\n0:0:4.200 --> 0:0:9.0\nPiet\nJa.\n",
    ],
)
def test_senders_and_times_of_an_export_are_left_out(export, read_note):
    result = read_note(export)

    assert "\n\nBel terug.\n\nJa.\n" in result
    assert not any(words in result for words in ("Karin", "Piet", "12345678", "20:15", "8:15", "-->"))
    assert any(f"2 × name of a {who}" in result for who in ("sender", "speaker"))


def test_one_line_with_a_time_is_no_export(read_note):
    assert "13-06-2024 20:15 - Karin: Bel terug." in read_note("Tafel 3\n\n13-06-2024 20:15 - Karin: Bel terug.\n")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "mac-roman", "cp850"])
def test_accents_of_old_computers_survive(encoding, read_note):
    assert "\nCafé zoöven, één idee.\n" in read_note("Tafel 3\n\nCafé zoöven, één idee.\n".encode(encoding))


def test_line_ends_of_an_old_macintosh_and_ruled_lines_separate_lines(read_note):
    result = read_note("Tafel 3\r__________\rEen zin.\r\rNog een.\r")

    assert "group: Tafel 3\n" in result
    assert "\nEen zin.\n\nNog een.\n" in result


@pytest.mark.parametrize(("count", "between"), [(60, "\\\n"), (61, "\n\n"), (690, "\n\n")])
def test_short_lines_are_kept_apart_and_many_are_paragraphs(count, between, read_note):
    lines = [f"regel {number}" for number in range(count)]

    result = read_note("Tafel 3\n\n" + "\n".join(lines))

    assert f"\n{between.join(lines)}\n" in result


@pytest.mark.parametrize("shape", ["- punt\n", "- punt\n regel\n", "Op 1 schreef:\n", "Groet,\n", "Tafel 1\n\n"])
def test_a_million_characters_in_short_lines_are_refused(shape, read):
    content = (shape * (990_000 // len(shape))).encode()

    for name in ("lang.txt", "lang.eml"):
        head = b"From: n@example.nl\nContent-Type: text/plain\n\n" if name.endswith("eml") else b""
        with pytest.raises(RefusedFileError, match="more than 20000 paragraphs"):
            read(head + content, name)
