"""The order of sections: spreads begin on a left page, full-page quotes and pages for notes fill the sheets."""

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
    """Place all sections, with a filler page where a left page or a full sheet needs one.

    A filler is the full-page quote of that place, or a page for notes. Pages for notes do not follow each other as
    long as there are places enough.

    Args:
        edition: The edition.
        count_pages: Returns the number of pages of a section.
        multiple_of: The total number of pages is a multiple of this.
    """
    gaps = list(_list_gaps(edition.sections))
    plans = [_place_sections(edition, gaps, count_pages, fillers) for fillers in range(multiple_of + 1)]
    full = [plan for plan in plans if not _count_plan_pages(plan, count_pages) % multiple_of]
    return next((plan for plan in full if not _has_notes_at_end(plan)), full[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    """A section, ``None`` at the end, and what may fill a page before it."""

    section: SectionHtml | None
    filler: SectionHtml | None
    is_optional: bool  # a page may be added here to fill the sheet


def _list_gaps(sections: Sequence[SectionHtml]) -> Iterator[_Gap]:
    """List the sections; a sheet may be filled after the last opening, and not behind the colophon."""
    last_opening = max((n for n, one in enumerate(sections) if one.starts_left and not one.at_end), default=-1)
    has_end = any(one.at_end for one in sections)
    filler: SectionHtml | None = None
    is_before_end = True
    for number, section in enumerate(sections):
        if section.is_filler:
            filler = section
            continue
        is_optional = number > last_opening and not section.continues and is_before_end and number > 0
        yield _Gap(section=section, filler=filler, is_optional=is_optional)
        filler, is_before_end = None, is_before_end and not section.at_end
    yield _Gap(section=None, filler=None, is_optional=not has_end)


def _place_sections(
    edition: EditionHtml, gaps: Sequence[_Gap], count_pages: Callable[[SectionHtml], int], fillers: int
) -> list[SectionPlacement]:
    counts = _distribute_fillers(gaps, fillers)
    plan: list[SectionPlacement] = []
    page = 1
    for gap, count in zip(gaps, counts, strict=True):
        blank = count + (1 if gap.section and gap.section.starts_left and (page + count) % 2 else 0)
        for number in range(blank):
            notes = replace(edition.notes_page, name=f"notes-{page}")
            plan.append(SectionPlacement(section=notes if number or not gap.filler else gap.filler, first_page=page))
            page += 1
        if gap.section:
            plan.append(SectionPlacement(section=gap.section, first_page=page))
            page += count_pages(gap.section)
    return plan


def _distribute_fillers(gaps: Sequence[_Gap], fillers: int) -> list[int]:
    """Distribute pages over the gaps, first one to each from the back; the last gap gets what remains."""
    places = [number for number, gap in enumerate(gaps) if gap.is_optional][::-1] or [len(gaps) - 1]
    counts = [0] * len(gaps)
    for number in range(fillers):
        counts[places[number] if number < len(places) else places[0]] += 1
    return counts


def _count_plan_pages(plan: Sequence[SectionPlacement], count_pages: Callable[[SectionHtml], int]) -> int:
    return plan[-1].first_page - 1 + count_pages(plan[-1].section) if plan else 0


def _has_notes_at_end(plan: Sequence[SectionPlacement]) -> bool:
    """Return whether pages for notes are between the colophon and the back cover."""
    end = next((index for index, one in enumerate(plan) if one.section.at_end), len(plan))
    return any(one.section.name.startswith("notes-") for one in plan[end:])
