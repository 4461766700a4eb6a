"""The sources of essays: the approved reflections, the cases and the talks that they link to."""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline import urls
from pipeline.model import Programme, Reflection, Story
from pipeline.model.time_codes import format_time_code
from pipeline.typesetting import find_links, load_translator, resolve_link_target

_FOLDER = "magazine/stories"
_MARKUP = re.compile(r"([\\`*_\[\]<>&!])")


def append_sources(programme: Programme) -> Programme:
    """Append the list of its sources to each essay, as Markdown: so it stands on the site, in print and in the EPUB."""
    if not any(story.kind == "essay" for story in programme.stories):
        return programme
    sources = _map_sources(programme.select_public())
    translate = load_translator(programme.language)
    return replace(
        programme,
        stories=tuple(
            _append_list(story, sources, title=translate("Based on")) if story.kind == "essay" else story
            for story in programme.stories
        ),
    )


def _append_list(story: Story, sources: dict[str, str], *, title: str) -> Story:
    links = dict.fromkeys(find_links(story.text_md))  # each once, in order
    items = [f"- [{sources[key]}]({link})" for link in links if (key := _normalise(link)) in sources]
    if not items:
        return story
    return replace(story, text_md="\n".join([story.text_md.rstrip(), "", f"## {title}", "", *items, ""]))


def _normalise(link: str) -> str:
    """Return the path of the file that a link points to, or its address; of a talk with the time."""
    return resolve_link_target(link, folder=_FOLDER) or link


def _map_sources(programme: Programme) -> dict[str, str]:
    """Map what an essay can be based on, by path or address, to its name in Markdown."""
    pairs = [*_name_texts(programme), *_name_talks(programme)]
    return {key: _MARKUP.sub(r"\\\1", name) for key, name in pairs}


def _name_texts(programme: Programme) -> Iterator[tuple[str, str]]:
    for one in programme.reflections:
        yield f"magazine/reflections/{one.event}/{one.slug}.md", _name_reflection(programme, one)
    for case in programme.list_cases():
        path = f"magazine/cases/{case.event}/{case.slug}.md"
        yield path, f"{programme.find_event(case.event).title}: {case.title}"


def _name_reflection(programme: Programme, reflection: Reflection) -> str:
    name = f"{programme.find_event(reflection.event).title}, {reflection.group}"
    return f"{name}: {reflection.question}" if reflection.question else name


def _name_talks(programme: Programme) -> Iterator[tuple[str, str]]:
    """Name the seconds in talks that essays link to by their public address, such as …/episodes/01-start/#t=41."""
    links = {link for story in programme.stories if story.kind == "essay" for link in find_links(story.text_md)}
    for episode in programme.episodes:
        address = urls.make_absolute(programme.url, urls.episode(episode.slug))
        for link in links:
            if link == address:
                yield link, episode.title
            elif found := re.fullmatch(re.escape(address) + r"#t=(\d{1,6})", link):
                yield link, f"{episode.title}, {format_time_code(int(found[1]))}"
