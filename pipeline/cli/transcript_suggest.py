"""``weerslag transcribe EPISODE --suggest``: propose chapters and cuts, to paste into ``episode.md``."""

import json
from pathlib import Path

import click

from pipeline.cli.language import translate
from pipeline.cli.output import print_json
from pipeline.cli.transcript_import import find_episode_folder
from pipeline.content import load_programme
from pipeline.errors import UsageError, fill
from pipeline.model.time_codes import format_position
from pipeline.transcripts.cut_proposals import ProposedCut, propose_cuts
from pipeline.transcripts.topics import propose_chapters


def suggest_edits(root: Path, slug: str, *, as_json: bool) -> None:
    """Print chapters and cuts for an episode; nothing is written.

    Raises:
        UsageError: There is no such episode, or it has no transcript.
    """
    find_episode_folder(root, slug)
    episode = next(one for one in load_programme(root).episodes if one.slug == slug)
    if not episode.transcript:
        hint = fill("weerslag transcribe {slug} drafts one", slug=slug)
        raise UsageError("the episode has no transcript", where=f"episodes/{slug}", hint=hint)
    cues = sorted(episode.transcript, key=lambda cue: (cue.start_ms, cue.end_ms))
    chapters, cuts = propose_chapters(cues), propose_cuts(cues)
    if as_json:
        print_json(
            {
                "episode": slug,
                "chapters": [{"start": format_position(one.start_ms), "title": one.title} for one in chapters],
                "cuts": [_serialise(one) for one in cuts],
            }
        )
        return
    if chapters:
        click.echo("chapters:")
        for one in chapters:
            click.echo(f'  - {{start: "{format_position(one.start_ms)}", title: {_quote(one.title)}}}')
    if cuts:
        click.echo("cuts:")
        for cut in cuts:
            ends = _serialise(cut)
            click.echo(f'  - {{from: "{ends["from"]}", to: "{ends["to"]}"}}   # {_explain(cut)}')
    found = "proposals; listen, choose and change before you paste them" if chapters or cuts else "nothing to propose"
    click.echo(translate(found), err=True)


def _serialise(proposed: ProposedCut) -> dict[str, str]:
    ends = {"from": format_position(proposed.cut.from_ms), "to": format_position(proposed.cut.to_ms)}
    return ends | {"kind": proposed.kind, "text": proposed.text}


def _explain(proposed: ProposedCut) -> str:
    if proposed.kind == "silence":
        seconds = round((proposed.cut.to_ms - proposed.cut.from_ms) / 1000)
        return translate("{seconds} s without speech").format(seconds=seconds)
    return translate("begun twice: “{text}”").format(text=" ".join(proposed.text.split())[:60])


def _quote(title: str) -> str:
    """Write a title as YAML: a JSON string is one."""
    return json.dumps(title, ensure_ascii=False)
