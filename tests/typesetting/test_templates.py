"""Templates and themes."""

from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from pipeline.errors import WeerslagError
from pipeline.typesetting import Theme, get_templates_folder, read_asset, render_template

TEMPLATES = get_templates_folder()
START, END = datetime(2024, 6, 13, 16, 30, tzinfo=UTC), datetime(2024, 6, 13, 19, 0, tzinfo=UTC)


@pytest.fixture
def theme(tmp_path):
    """A programme with its own templates."""
    (tmp_path / "site").mkdir()
    return lambda language="nl", **files: (
        [(tmp_path / "site" / f"{name}.html").write_text(text) for name, text in files.items()],
        Theme(folder="site", overrides=tmp_path, language=language),
    )[1]


def test_filters_use_the_language_of_the_theme(theme):
    text = (
        "{{ day|date }}; {{ day|time_range(end) }}; {{ 4321|time_code }}; {{ 4321|duration }}; {{ 1400000|file_size }}; "
        '{{ "\'t"|typeset }}; {{ "*a*"|markdown }}; {{ _("Colophon") }}; {{ ngettext("x", "y", 2) }}'
    )

    dutch = render_template("page.html", theme=theme(page=text), day=START, end=END)
    english = render_template("page.html", theme=theme("en", page=text), day=START, end=END)

    assert dutch.replace("\u00a0", "~") == (
        "donderdag 13~juni 2024; 16.30–19.00~uur; 1:12:01; 1~uur 12~min; 1,4~MB; ’t; <p><em>a</em></p>\n; Colofon; y"
    )
    assert english.replace("\u00a0", "~") == (
        "Thursday 13~June 2024; 16:30–19:00; 1:12:01; 1~hr 12~min; 1.4~MB; ‘t; <p><em>a</em></p>\n; Colophon; y"
    )


def test_everything_is_escaped_except_markup(theme):
    overridden = theme(page="{{ a }}{{ b }}{{ a|typeset }}")

    assert "&lt;b&gt;<b>&lt;b&gt;" == render_template("page.html", theme=overridden, a="<b>", b=Markup("<b>"))


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("\n{{ missing }}", "'missing' is undefined", 2),
        ("\n\n{% if %}", "Expected an expression", 3),
        ("{% include 'none.html' %}", "none.html", 1),
        ("{% macro m() %}\n{{ a.b }}{% endmacro %}\n{{ m() }}", "'a' is undefined", 2),
    ],
)
def test_template_error_has_its_line(theme, text, message, line):
    with pytest.raises(WeerslagError, match=message) as error:
        render_template("page.html", theme=theme(page=text))

    assert error.value.where.line == line
    assert error.value.where.file.endswith("page.html")


def test_missing_template_is_an_error(theme):
    with pytest.raises(WeerslagError, match=r"none\.html"):
        render_template("none.html", theme=theme())


def test_file_of_the_programme_overrides_the_theme(theme, tmp_path):
    (tmp_path / "site" / "site.css").write_bytes(b"mine")

    assert b"mine" == read_asset("site.css", theme=theme())
    assert read_asset("fonts/fonts.css", theme=theme()) == (TEMPLATES / "fonts" / "fonts.css").read_bytes()
    with pytest.raises(WeerslagError, match="no such file"):
        read_asset("none.css", theme=theme())
