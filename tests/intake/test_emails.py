"""E-mails: the words of the sender stay; those of others, and names, are left out and counted."""

import email
from email import policy
from email.message import EmailMessage

import pytest

from pipeline.intake.refused_formats import RefusedFileError
from tests.intake.conftest import render_result
from tests.intake.office_files import photo

HEAD = b"From: Notulist <n@example.nl>\nSubject: %s\nMIME-Version: 1.0\nContent-Type: %s\n\n"
OWN = "We spraken over terugbellen. De balie wil een vast nummer."
LEAK = "Beste Karin, Piet Jansen was ziek."


@pytest.fixture
def read_mail(read):
    """Reads a body as an e-mail; returns its drafts and omissions as text."""

    def read_body(body, content_type="text/plain; charset=utf-8", subject="Verslag"):
        content = body if isinstance(body, bytes) else body.encode()
        return render_result(read(HEAD % (subject.encode(), content_type.encode()) + content, "mail.eml"))

    return read_body


@pytest.fixture
def read_message(read):
    """Reads a message that Python's e-mail library wrote."""
    return lambda message: render_result(read(message.as_bytes(policy=policy.SMTP), "mail.eml"))


def write_message(text="", **parts):
    message = EmailMessage()
    message["From"], message["Subject"] = "n@example.nl", "Verslag"
    message.set_content(text, **parts)
    return message


@pytest.mark.parametrize(
    "head",
    [
        "Op 24 jun. 2024 om 16:48 heeft Redactie <r@example.nl> het volgende geschreven:\n\n> ",
        "Op do 13 jun 2024 om 10:12 schreef Jolanda Bakker van de Afdeling <\nj.b@example.nl>:\n\n> ",
        "On Thu, 13 Jun 2024 at 10:12, Jolanda Bakker van de Afdeling\n<j@example.nl> wrote:\n\n> ",
        "Jolanda Bakker <j@example.nl> schreef op 13 jun. 2024 10:12:\n\n",
        "Op 13-06-2024 om 10:12 schreef Jolanda Bakker:\n\n",
        "Van: Bakker, Jolanda (DSO)\nVerzonden: 13 juni 2024\nAan: Karin\nOnderwerp: RE: verslag\n\n",
        "*Van:* Bakker <j@x.nl>\n*Verzonden:* 13 juni\n*Aan:* Karin\n*Onderwerp:* verslag\n\n",
        "________________________________\nFrom: Jolanda\nSent: 13 June\nTo: Karin\nSubject: RE\n\n",
        "-----Oorspronkelijk bericht-----\nVan: Jolanda\n\n",
        "-----Original Message-----\n",
    ],
)
def test_letter_below_a_reply_head_is_left_out_and_counted(head, read_mail):
    result = read_mail(f"{OWN}\n\n{head}{LEAK}\n")

    assert OWN in result
    assert not any(name in result for name in ("Piet", "Karin", "Jolanda", "schreef", "Bakker"))
    assert "=== omitted: 1 × quoted e-mail\n" in result


@pytest.mark.parametrize(
    "sentence",
    [
        "Op de vraag wat er mis ging schreef de groep: te weinig tijd.",
        "Op 12 juni schreef de gemeente ons een brief:",
        "On the second day somebody wrote:",
        "De groep schreef op het vel:",
        "Van: onze tafel, voor: de wijk.",
        "From: here to there, we said.",
        "Groeten we elkaar nog op straat?",
        "Groet elkaar op straat, dat helpt.",
        "Met groeten alleen kom je er niet.",
        "Regards to nobody is what we felt.",
        "Verzonden met de post kwam er niets aan.",
        "______________________________",
        "--------------------",
    ],
)
def test_sentence_of_the_group_ends_no_letter(sentence, read_mail):
    result = read_mail(f"Eerst dit.\n\n{sentence}\n\nEn dit komt daarna nog.\n")

    assert sentence.strip("_-") in result
    assert "Eerst dit." in result
    assert "En dit komt daarna nog." in result
    assert "quoted" not in result


@pytest.mark.parametrize(
    "closing",
    [
        "Met groet,\nAhmed Kaya", "Gr. Ahmed", "Warme groet,\n\nAhmed\n06 12345678", "Groet, Ahmed", "Grtz,\nAhmed",
        "Met vriendelijke groet,\nAhmed Kaya\nGemeente Voorbeeld", "Kind regards,\nAhmed", "-- \nAhmed Kaya",
        "Lieve groet van Ahmed", "Hartelijke groet, Ahmed en İbrahim\nVerzonden vanaf mijn iPhone",
    ],
)  # fmt: skip
def test_sign_off_is_left_out_and_counted(closing, read_mail):
    result = read_mail(f"{OWN}\n\n{closing}\n")

    assert OWN in result
    assert "Ahmed" not in result
    assert "× signature\n" in result


def test_postscript_below_a_sign_off_stays(read_mail):
    result = read_mail(f"{OWN}\n\nGroet,\nAhmed\n\nP.S. De halte mist een bankje.\n")

    assert "De halte mist een bankje." in result
    assert "Ahmed" not in result


def test_long_text_below_a_closing_word_stays(read_mail):
    result = read_mail(f"{OWN}\n\nGroet,\nAhmed\n\n" + "Toen kwam de rest van het verslag. " * 30)

    assert "Toen kwam de rest" in result
    assert "Ahmed" not in result


def test_own_words_below_a_quote_stay(read_mail):
    result = read_mail(
        f"Op do 13 jun 2024 om 10:12 schreef J <j@example.nl>:\n> Beste Karin\n> graag het verslag\n\n{OWN}\n"
    )

    assert OWN in result
    assert "Karin" not in result


@pytest.mark.parametrize(
    "quoted",
    [
        (
            '<div style="border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>Van:</b> Jolanda<br><b>Verzonden:</b> 13'
            f"<br><b>Aan:</b> Karin<br><b>Onderwerp:</b> RE</p></div><p>{LEAK}</p>"
        ),
        (
            '<div class="gmail_quote"><div>Op do 13 jun 2024 om 10:12 schreef Jolanda &lt;j@x.nl&gt;:<br></div>'
            f'<blockquote class="gmail_quote">{LEAK}</blockquote></div>'
        ),
        (
            '<blockquote type="cite"><div>Op 24 jun. 2024, om 16:48 heeft Jolanda &lt;j@x.nl&gt; het volgende '
            f"geschreven:</div><br><div>{LEAK}</div></blockquote>"
        ),
        f'<div>Op 13-06-2024 om 10:12 schreef Jolanda:</div><blockquote type="cite">{LEAK}</blockquote>',
        f'<p style="display:none">{LEAK}</p>',
        '<div class="gmail_signature">Jolanda Bakker<br>Karin</div>',
        "<p>Met vriendelijke groet,<br>Karin de Boer<br>Gemeente | 06-12345678</p><p>Jolanda</p>",
    ],
)
def test_quoted_hidden_and_signed_parts_of_html_are_left_out(quoted, read_mail):
    result = read_mail(f"<html><body><p>{OWN}</p>{quoted}</body></html>", "text/html; charset=utf-8")

    assert OWN in result
    assert not any(name in result for name in ("Piet", "Karin", "Jolanda"))
    assert any(f"=== omitted: 1 × {what}\n" in result for what in ("quoted e-mail", "hidden passage", "signature"))


def test_words_below_a_quote_in_html_stay(read_mail):
    body = f'<p>Zie onder.</p><blockquote type="cite">{LEAK}</blockquote><p>{OWN}</p>'

    result = read_mail(body, "text/html; charset=utf-8")

    assert OWN in result
    assert "Piet" not in result


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        (
            "Verslag",
            "---------- Forwarded message ---------\nVan: Karin <k@x.nl>\nDate: 13 jun\nSubject: V\nTo: <r@x.nl>\n",
        ),
        ("Fwd: Verslag", "Begin doorgestuurd bericht:\n\nVan: Karin\nOnderwerp: V\nDatum: 13 juni\nAan: r@x.nl\n"),
        ("FW: Verslag", "Van: Karin\nVerzonden: 13 juni\nAan: Redactie\nOnderwerp: V\n"),
    ],
)
def test_forwarded_text_is_read_without_its_head(subject, head, read_mail):
    result = read_mail(f"Ter info.\n\n{head}\n{OWN}\n", subject=subject)

    assert OWN in result
    assert "Karin" not in result
    assert "1 × head of a forwarded e-mail" in result


def test_attached_email_is_read(read_message):
    message = write_message("Zie onder.")
    message.add_attachment(write_message(OWN))

    result = read_message(message)

    assert OWN in result
    assert "2 × e-mail header" in result


def test_html_is_read_where_the_plain_text_is_blank(read_message):
    message = write_message("\n \n")
    message.add_alternative(f"<p>{OWN}</p>", subtype="html")

    assert OWN in read_message(message)


def test_text_below_an_attachment_in_the_middle_stays_in_the_note(read_message):
    message = write_message("Eerst de hoofdlijn.")
    message.add_attachment(b"Tafel 9\n\nUit de bijlage.", maintype="text", subtype="plain", filename="tafel 9.txt")
    last = write_message(OWN)
    del last["From"], last["Subject"], last["MIME-Version"]
    message.attach(last)

    result = read_message(message)

    first, _, second = result.partition("tafel-9.md")
    assert "Eerst de hoofdlijn." in first
    assert OWN in first
    assert "Uit de bijlage." in second


@pytest.mark.parametrize(
    ("name", "kind", "what"),
    [
        ("Karin de Boer.vcf", "text/vcard", "contact card"),
        ("uitnodiging.ics", "text/calendar", "calendar invitation"),
        ("smime.p7s", "application/pkcs7-signature", "digital signature"),
        ("image001.png", "image/png", "image in the text of the e-mail, such as a logo"),
        ("logo.png", "image/png", "image in the text of the e-mail, such as a logo"),
    ],
)
def test_part_without_a_note_is_counted_and_makes_no_draft(name, kind, what, read_message):
    message = write_message(OWN)
    maintype, subtype = kind.split("/")
    message.add_attachment(photo("PNG", (60, 40)), maintype=maintype, subtype=subtype, filename=name)

    result = read_message(message)

    assert 1 == result.count("magazine/reflections")
    assert f"=== omitted: 1 × {what}\n" in result


def test_photo_of_a_sheet_makes_a_draft(read_message):
    message = write_message(OWN)
    message.add_attachment(photo("JPEG", (600, 400)), maintype="image", subtype="jpeg", filename="IMG_2041.jpeg")

    assert 2 == read_message(message).count("magazine/reflections")


def test_winmail_is_refused_with_the_step_that_helps(read_message):
    message = write_message(OWN)
    message.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="winmail.dat")

    with pytest.raises(RefusedFileError, match=r"winmail\.dat") as error:
        read_message(message)

    assert "HTML" in error.value.hint


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("iso-8859-1", "cp1252"), ("us-ascii", "cp1252"), ("utf8mb4", "utf-8"), ("x-mac-roman", "utf-8"),
        ("x-mac-roman", "mac-roman"), ("onbekend-9", "cp1252"), ("iso-8859-15", "iso-8859-15"), ("utf-8", "utf-8"),
    ],
)  # fmt: skip
def test_euro_and_accents_survive_wrong_and_unknown_charsets(charset, encoding, read_mail):
    words = "Café kost € 5 en één idee."

    assert words in read_mail(words.encode(encoding), f"text/plain; charset={charset}")


def test_flowed_and_quoted_printable_text_is_what_python_reads(read_mail):
    body = "Wij spraken lang over de balie en =E2=80=93 =\nja =E2=80=93 de brief, en=20\nover wie er nooit komt.\n"
    head = "text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: quoted-printable"

    judge = email.message_from_string(f"Content-Type: {head}\n\n{body}", policy=policy.default).get_content()

    assert " ".join(judge.split()) in read_mail(body, head)
