"""The command line in Dutch and in English."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pipeline.cli import COMMANDS, weerslag
from pipeline.cli.language import choose_language, split_help
from tests.typesetting.catalogue import read_messages

CHECKOUT = Path(__file__).parents[2]
VARIABLES = ("WEERSLAG_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
SHOWN_AS_THEY_ARE = ("\b\nExample", "Example: ")  # commands; only the word before them is translated


def run(*words, cwd=CHECKOUT, **environment):
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-m", "pipeline", *words]
    environment = {**clean, "PYTHONPATH": str(CHECKOUT), **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)


def list_commands(command, name=()):
    yield name, command
    context = click.Context(command)
    for one in command.list_commands(context) if isinstance(command, click.Group) else ():
        yield from list_commands(command.get_command(context, one), (*name, one))


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "nl_BE"}, "nl"),
        ({"LANG": "nl"}, "nl"),
        ({"LANG": "nl_NL.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "nl_NL.UTF-8", "WEERSLAG_LANGUAGE": "en"}, "en"),
        ({"LC_ALL": "de_DE.UTF-8", "WEERSLAG_LANGUAGE": "NL"}, "nl"),
        ({"LANG": "nlx"}, "en"),
        ({"LC_ALL": "", "LANG": "nl_NL"}, "nl"),
        ({}, "en"),
    ],
)
def test_the_first_variable_that_is_set_decides(environment, language):
    assert language == choose_language(environment)


def test_every_help_text_has_a_dutch_text():
    dutch = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string for message in read_messages()
    }
    texts = [("", help_) for _, help_ in COMMANDS.values()]
    for name, command in list_commands(weerslag):
        options = [one.help for one in command.params if isinstance(one, click.Option)]
        texts += [(name, text) for text in (command.help, command.epilog, *options) if text]

    paragraphs = {(name, part) for name, text in texts for part in split_help(text)}

    assert len(paragraphs) > 100
    assert set() == {
        (name, part) for name, part in paragraphs if not part.startswith(SHOWN_AS_THEY_ARE) and not dutch.get(part)
    }


@pytest.mark.parametrize(
    ("words", "code", "texts"),
    [
        (("--help",), 0, ["Gebruik: ", "Opdrachten:\n", "build       Werk public/ en press/ bij.", "Exitcodes:\n    0    gelukt"]),
        (("build", "--help"), 0, ["Doelen: episodes", "Toon deze uitleg en stop.", "Voorbeelden: weerslag build\n               weerslag build feed"]),
        (("serve", "--help"), 0, ["Bij 0 wordt het een vrije poort.  [standaard:"]),
        (("cache", "clean", "--help"), 0, ["Voorbeeld: weerslag cache clean", "verwijder niets."]),
        (("schema", "--help"), 0, ["Zet dit daarna als eerste regel"]),
        (("bouw",), 2, ["Fout: De opdracht 'bouw' bestaat niet."]),
        (("build", "--wyh"), 2, ["De optie '--wyh' bestaat niet. Bedoelde u '--why'?", "--help' voor uitleg."]),
        (("build", "alles"), 2, ["'alles' is niet een van 'episodes', 'feed'"]),
        (("publish",), 2, ["Er ontbreekt een argument 'TARGET'."]),
        (("serve", "--port", "99999"), 2, ["99999 ligt niet in het bereik 0<=x<=65535."]),
        (("build", "-j", "2", "--workers", "local"), 2, ["--jobs en --workers gaan niet samen"]),
        (("measure", "nergens.wav"), 1, ["nergens.wav: error: het bestand is niet gevonden\n  hint: Zet het terug"]),
    ],
)  # fmt: skip
def test_help_and_errors_are_dutch(words, code, texts):
    done = run(*words, LANG="nl_NL.UTF-8")

    assert code == done.returncode
    for text in texts:
        assert text in done.stdout + done.stderr


def test_english_is_the_default():
    for environment in ({}, {"LANG": "fr_FR.UTF-8"}, {"LANG": "nl_NL.UTF-8", "WEERSLAG_LANGUAGE": "en"}):
        assert "Commands:\n  approve     Lock approvals" in run("--help", **environment).stdout


def test_json_is_the_same_in_every_language(tmp_path):
    (tmp_path / "programme.yaml").write_text("titel: nee\n")

    english, dutch = (run("build", "--json", cwd=tmp_path, LANG=lang) for lang in ("C.UTF-8", "nl_NL.UTF-8"))

    assert 3 == dutch.returncode
    assert json.loads(english.stdout) == json.loads(dutch.stdout)
