"""Rules for redirects: each leads to a page, from an address that is free."""

from collections.abc import Callable, Iterator

from pipeline import urls
from pipeline.content.check_helpers import collect_values, find_duplicates
from pipeline.content.content_files import ProgrammeFiles
from pipeline.errors import ValidationError, fill
from pipeline.text import suggest_similar


def list_page_paths(files: ProgrammeFiles) -> tuple[str, ...]:
    """List the paths of the pages of all episodes, events, cases and stories."""
    events = (value for _, value in files.programme.yaml.find("events", None, "id") if isinstance(value, str))
    return (
        *(urls.episode(one.file.slug) for one in files.episodes),
        *(urls.event(event.strip()) for event in events),
        *(urls.case(one.event, one.file.slug) for one in files.cases),
        *(urls.story(one.slug) for one in files.stories),
    )


def _check_redirects(files: ProgrammeFiles) -> Iterator[ValidationError]:
    yaml, pages = files.programme.yaml, list_page_paths(files)
    yield from find_duplicates(collect_values([yaml], "redirects", None, "from"), "two redirects are from")
    for loc, path in yaml.find("redirects", None, "from"):
        if isinstance(path, str) and path.strip() in pages:
            message = fill("there is a page at {path}, so this address cannot forward", path=path.strip())
            yield yaml.create_error("redirect-taken", loc, message, "delete this line, or rename the page")
    for loc, path in yaml.find("redirects", None, "to"):
        if isinstance(path, str) and path.strip() and path.strip() not in pages:
            hint = suggest_similar(path.strip(), pages) or "delete this line if the page was removed"
            message = fill("there is no page at {path}", path=path.strip()[:120])
            yield yaml.create_error("redirect-broken", loc, message, hint)


RULES: tuple[Callable[[ProgrammeFiles], Iterator[ValidationError]], ...] = (_check_redirects,)
