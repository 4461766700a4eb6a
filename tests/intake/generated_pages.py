"""Generates web pages, Markdown, plain text and e-mails as people and programs write them."""

from email.message import EmailMessage
from html import escape

from tests.intake.generated_notes import MAX_DEPTH


class PageGenerator:
    """A web page while it is generated."""

    def __init__(self, note, *, is_mail=False):
        """Start an empty page; in a mail, what is a quote differs."""
        self.note = note
        self.is_mail = is_mail

    def generate(self):
        """The bytes of the page; its words are in the note."""
        body = self.note.some(lambda: self.block(0), 3, 10)
        return f'<!doctype html><html><head><meta charset="utf-8"><title></title></head><body>{body}</body></html>'.encode()

    def block(self, depth):
        """A block; some elements are wrong where they are, as in real pages."""
        note = self.note
        choices = [self.paragraph] * 4 + [
            self.heading,
            lambda: self.items(depth),
            lambda: f"<pre>{self.inline()}</pre>",
        ]
        choices += [lambda: f"<dl><dt>{self.inline()}</dt><dd>{self.inline()}</dd></dl>", self.inline, self.hidden]
        if not self.is_mail:
            choices += [lambda: f"<blockquote>{self.paragraph()}</blockquote>"]
        if depth < MAX_DEPTH:
            choices += [lambda: self.table(depth), lambda: self.wrapper(depth), lambda: self.wrapper(depth)]
            choices += [lambda: f"<details><summary>{note.words()}</summary>{self.block(depth + 1)}</details>"]
            choices += [lambda: f"<figure>{self.block(depth + 1)}<figcaption>{self.inline()}</figcaption></figure>"]
            choices += [lambda: f"<fieldset><legend>{note.words()}</legend>{self.block(depth + 1)}</fieldset>"]
            choices += [lambda: f"<b>{self.block(depth + 1)}</b>"]
        return note.pick(*choices)

    def wrapper(self, depth):
        """Blocks in an element that says little."""
        tag = self.note.random.choice(
            ("div", "section", "article", "main", "center", "form", "span", "address", "hgroup")
        )
        return f"<{tag}>{self.note.some(lambda: self.block(depth + 1), 1, 3)}</{tag}>"

    def hidden(self):
        """A block that no browser shows."""
        style = self.note.random.choice(('style="display:none"', "hidden", 'style="color:red; visibility: hidden"'))
        return f"<p {style}>{self.note.omit('hidden passage')}</p>"

    def paragraph(self):
        """A paragraph."""
        return f"<p>{self.inline()}</p>"

    def heading(self):
        """A heading."""
        level = self.note.random.randint(1, 6)
        return f"<h{level}>{self.note.mark_heading(self.inline)}</h{level}>"

    def inline(self):
        """Text between other things; the spaces are in the text."""
        between = self.note.some(lambda: f"{self.piece()} ", 0, 3)
        return f"{self.note.words()} {between}{self.note.sentence()}"

    def piece(self):
        """A word, in one of the ways in which HTML holds it."""
        note, word = self.note, self.note.word
        return note.pick(
            lambda: f"<b>{word()}</b>",
            lambda: f"<i><b>{word()}</b></i>",
            lambda: "{}<b>{}</b>".format(*note.halves()),
            lambda: "&shy;".join(note.halves()),
            lambda: f'<a href="https://example.org/">{word()}</a>',
            lambda: f'<a href="#hier">{word()}</a>',
            lambda: f"{word()}<br>{word()}<br><br>{word()}",
            lambda: f"{word()}&nbsp;{word()}<wbr>&#8203; {word()}",
            lambda: f"<u>{word()}</u> <mark>{word()}</mark> <code>{word()}</code> <q>{word()}</q>",
            lambda: f"<ins>{word()}</ins>",
            lambda: f"<s>{note.omit('struck-through passage')}</s>",
            lambda: f"<label><input type='checkbox' checked>{word()}</label>",
            lambda: f"<button>{word()}</button>",
            lambda: f"<textarea>{word()}</textarea>",
            lambda: f"<ruby>{word()}<rp>(</rp><rt>{word()}</rt><rp>)</rp></ruby>",
            lambda: f"<unbekend-element>{word()}</unbekend-element>",
            lambda: f"<!-- {note.omit('comment', count=0)} -->{word()}",
            lambda: f"<span style='display: none'>{note.omit('hidden passage')}</span>",
        )

    def items(self, depth, level=1):
        """A list, with lists in it: as a child of an item, or between items."""
        tag = self.note.random.choice(("ul", "ol"))
        return f"<{tag}>{self.note.some(lambda: self.item(depth, level), 1, 4)}</{tag}>"

    def item(self, depth, level):
        """An item."""
        inner = self.items(depth, level + 1) if level < MAX_DEPTH and self.note.maybe(0.3) else ""
        text = self.inline() if self.note.maybe(0.7) else self.note.some(self.paragraph, 1, 2)
        return f"<li>{text}{inner}</li>" if self.note.maybe(0.8) else f"<li>{text}</li>{inner}"

    def table(self, depth):
        """A table with a caption, head and foot, merged and nested cells."""
        caption = f"<caption>{self.note.words()}</caption>" if self.note.maybe(0.3) else ""
        width = self.note.random.randint(1, 4)
        head = f"<thead>{self.row(width, depth, 'th')}</thead>" if self.note.maybe(0.3) else ""
        foot = f"<tfoot>{self.row(width, depth, 'td')}</tfoot>" if self.note.maybe(0.2) else ""
        return f"<table>{caption}{head}{self.note.some(lambda: self.row(width, depth, 'td'), 1, 4)}{foot}</table>"

    def row(self, width, depth, tag):
        """A row; some cells are merged."""
        cells, column = [], 0
        while column < width:
            span = self.note.random.randint(1, width - column)
            rows = self.note.random.choice((1, 1, 1, 2))
            inside = self.inline() if self.note.maybe(0.7) else self.block(depth + 1)
            cells.append(f'<{tag} colspan="{span}" rowspan="{rows}">{inside}</{tag}>')
            column += span
        return f"<tr>{''.join(cells)}</tr>"


class MarkdownGenerator:
    """A Markdown text while it is generated."""

    def __init__(self, note):
        """Start an empty text."""
        self.note = note
        self.footnotes = []

    def generate(self):
        """The bytes of the text; its words are in the note."""
        blocks = [self.block() for _ in range(self.note.random.randint(3, 12))]
        return "\n\n".join([*blocks, *self.footnotes, ""]).encode()

    def block(self):
        """A block."""
        note = self.note
        return note.pick(
            *[self.inline] * 4,
            lambda: f"{'#' * note.random.randint(1, 6)} {note.mark_heading(self.line)}",
            lambda: note.mark_heading(self.line) + "\n" + note.random.choice("=-") * 5,
            lambda: "\n".join(f"> {self.line()}" for _ in range(note.random.randint(1, 3))),
            lambda: self.items(""),
            self.table,
            lambda: f"```\n{note.words()}\n{note.words()}\n```",
            lambda: f"    {note.words()}",
            lambda: f"<div>{note.words()}</div>",
            lambda: f"<!-- {note.omit('comment')} -->",
            lambda: f"![]({note.omit('linked image')}.png)",
            lambda: f"- [ ] {note.words()}\n- [x] {note.words()}",
            lambda: "* * *\n\n" + self.inline(),
        )

    def items(self, indent):
        """A list, with lists in it."""
        lines = []
        for number in range(self.note.random.randint(1, 4)):
            marker = self.note.random.choice(("-", "*", "+")) if number % 2 else "-"
            lines.append(f"{indent}{marker} {self.line()}")
            if len(indent) < 4 and self.note.maybe(0.3):
                lines.append(self.items(f"{indent}  "))
        return "\n".join(lines)

    def table(self):
        """A table."""
        width = self.note.random.randint(1, 4)
        rows = [[self.line() for _ in range(width)] for _ in range(self.note.random.randint(1, 3))]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], f"|{'---|' * width}", *lines[1:]])

    def inline(self):
        """A paragraph of one or more lines."""
        breaks = self.note.random.choice(("\n", "  \n", "\\\n"))
        return breaks.join(self.line() for _ in range(self.note.random.randint(1, 3)))

    def line(self):
        """Text between other things."""
        return f"{self.note.words()} {self.note.some(lambda: f'{self.piece()} ', 0, 2)}{self.note.sentence()}"

    def piece(self):
        """A word, in one of the ways in which Markdown holds it."""
        note, word = self.note, self.note.word
        return note.pick(
            lambda: f"**{word()}** _{word()}_ `{word()}`",
            lambda: f"[{word()}](https://example.org/)",
            lambda: f"[{word()}] [{word()}",
            lambda: f"[[{word()}]]",
            lambda: f"=={word()}==",
            lambda: f"<b>{word()}</b> &amp; {word()} < {word()}",
            lambda: f"~~{note.omit('struck-through passage')}~~",
            lambda: f"\\*{word()}\\* {word()}\\_ 2 * {word()}",
            self.footnote,
        )

    def footnote(self):
        """A footnote; now and then nothing refers to it."""
        number = len(self.footnotes) + 1
        self.footnotes.append(f"[^{number}]: {self.note.sentence()}")
        return f"[^{number}]" if self.note.maybe(0.8) else self.note.word()


class TextGenerator:
    """A plain text while it is generated."""

    def __init__(self, note):
        """Start an empty text."""
        self.note = note

    def generate(self):
        """The bytes of the text; its words are in the note."""
        text = "\n\n".join(self.block() for _ in range(self.note.random.randint(3, 12)))
        return text.encode(self.note.random.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252")))

    def block(self):
        """Some lines as people type them."""
        note, words = self.note, self.note.words
        marker = note.random.choice(("- ", "* ", "• ", "1. ", "12) ", "  - ", "\t", "    ", "> ", "# ", "| ", "~ ", ": ", "+ "))  # fmt: skip
        return note.pick(
            note.sentence,
            lambda: "\n".join(note.sentence() for _ in range(3)),
            lambda: "\n".join(f"{marker}{words()}" for _ in range(3)),
            lambda: f"{marker}{words()}\n   {words()}\n{words()}",
            lambda: f"{words()}\n{note.random.choice('-=_*~') * note.random.randint(2, 12)}\n{words()}",
            lambda: f"{words()}: {words()}; {words()} ({words()}) [{words()}] <{words()}> {{{words()}}}",
            lambda: f"*{words()}* _{words()}_ `{words()}` **{words()}** ~~{words()}~~ {words()}!",
            lambda: f"{words()}\t{words()}\t{words()}\n{words()}\t\t{words()}",
            lambda: f"[{words()}]({words()}) [{words()}][{words()}] ![{words()}] [^{note.word()}]: {words()}",
            lambda: f"&lt;{words()}&gt; &{note.word()}; <b>{words()}</b> <!-- {words()} --> \\{words()}",
            lambda: f"12:30 {words()}\n13.45 - {words()} 50% €5 '{words()} \"{words()}",
        )


class MailGenerator:
    """An e-mail while it is generated: text, HTML or both, with quoted letters and a signature."""

    def __init__(self, note):
        """Start an empty e-mail."""
        self.note = note

    def generate(self):
        """The bytes of the e-mail; its words are in the note."""
        note = self.note
        note.omissions["e-mail header (sender, recipients, subject, date)"] += 1
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Verslag"
        if note.maybe(0.5):
            plain, page = self.write_plain()
            message.set_content(plain, charset="utf-8", cte=note.random.choice(("8bit", "quoted-printable", "base64")))
            if note.maybe(0.5):
                message.add_alternative(page, subtype="html")
        else:
            message.set_content(PageGenerator(note, is_mail=True).generate().decode(), subtype="html")
        if note.maybe(0.3):
            message.add_attachment(
                TextGenerator(note).generate(), maintype="text", subtype="plain", filename="tafel.txt"
            )
        return message.as_bytes()

    def write_plain(self):
        """A letter as text and as HTML, with what people do not write themselves."""
        note = self.note
        paragraphs = [note.sentence() for _ in range(note.random.randint(1, 5))]
        after = []
        if note.maybe(0.4):
            after += ["Met vriendelijke groet,", f"{note.omit('signature')} de Vries"]
        if note.maybe(0.5):
            quoted = note.omit("quoted e-mail")
            after += [f"Op 3 juni 2024 om 12:03 schreef Ahmed <a@example.org>:\n\n> {quoted}\n> {quoted}"]
        text = "\n\n".join([*paragraphs, *after])
        return text, "".join(f"<p>{escape(one)}</p>" for one in text.split("\n\n"))
