"""Groups that miss a role which their event needs."""

from collections.abc import Iterator

from pipeline.content.content_files import ProgrammeFiles
from pipeline.model import IncompleteGroup


def list_incomplete_groups(files: ProgrammeFiles) -> tuple[IncompleteGroup, ...]:
    """List the groups without one of the ``roles_needed`` of their event, drafts included; by event, then group.

    A role that `participants:` counts is present, whether `roles:` names it or not.
    """
    return tuple(sorted(_find_incomplete_groups(files), key=lambda one: (one.event, one.group)))


def _find_incomplete_groups(files: ProgrammeFiles) -> Iterator[IncompleteGroup]:
    needed = {event.id: event.roles_needed for event in files.programme.require_validated().events}
    for one in files.reflections:
        reflection = one.file.require_validated()
        present = {role.casefold() for role in (*reflection.roles, *reflection.participants)}
        missing = tuple(role for role in needed[one.event] if role.casefold() not in present)
        if missing:
            yield IncompleteGroup(file=one.file.path, event=one.event, group=reflection.group, missing=missing)
