"""The order of sections: spreads begin on a left page, pages for notes fill the sheets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.magazine.sections import EditionHtml, SectionHtml


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPlacement:
    """A section and the number of its first page."""

    section: SectionHtml
    first_page: int


def arrange_sections(
    edition: EditionHtml, count_pages: Callable[[SectionHtml], int], multiple_of: int
) -> list[SectionPlacement]:
    """Place all sections, with pages for notes where a left page or a full sheet needs one.

    Args:
        edition: The edition.
        count_pages: Returns the number of pages of a section.
        multiple_of: The total number of pages is a multiple of this.
    """
    plans = [list(_place_sections(edition, count_pages, fillers)) for fillers in range(multiple_of + 1)]
    full = [plan for plan in plans if not _count_plan_pages(plan, count_pages) % multiple_of]
    return next((plan for plan in full if not _has_notes_at_end(plan)), full[0])


def _count_plan_pages(plan: Sequence[SectionPlacement], count_pages: Callable[[SectionHtml], int]) -> int:
    return plan[-1].first_page - 1 + count_pages(plan[-1].section) if plan else 0


def _has_notes_at_end(plan: Sequence[SectionPlacement]) -> bool:
    """Return whether pages for notes are between the colophon and the back cover."""
    end = next((index for index, one in enumerate(plan) if one.section.at_end), len(plan))
    return any(one.section.name.startswith("notes-") for one in plan[end:])


def _place_sections(
    edition: EditionHtml, count_pages: Callable[[SectionHtml], int], fillers: int
) -> Iterator[SectionPlacement]:
    page, remaining = 1, fillers
    for section in (*edition.sections, None):
        blank = remaining if section is None or section.at_end else 0
        remaining -= blank
        if section and section.starts_left and (page + blank) % 2:
            blank += 1
        for number in range(page, page + blank):
            yield SectionPlacement(section=replace(edition.notes_page, name=f"notes-{number}"), first_page=number)
        page += blank
        if section:
            yield SectionPlacement(section=section, first_page=page)
            page += count_pages(section)
