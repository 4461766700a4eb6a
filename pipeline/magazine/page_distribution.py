"""Distribution of the reflections of an event over pages: none near empty, none out of order.

A reflection stands alone on a page, shares one with others, or flows onto further pages, whose last one others may
share. What is a little too long for its page gets its insights in two columns, or its quote moves to the pages of
quotes. Heights are estimates; `pipeline.pdf.page_balance` corrects a last page that is near empty after all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.magazine import copyfit
from pipeline.magazine.page_geometry import HEADING_2, PAGE, TypeScale
from pipeline.magazine.pages import PreparedReflection, ReflectionPage
from pipeline.magazine.picture_sizes import count_picture_lines
from pipeline.magazine.pull_quotes import estimate_quote_mm, keeps_words_whole

SMALLEST_QUOTE = 3  # size of a pull quote

_GAP_MM = 12.0
_MAX_EXTRA_GAP_MM = 24.0
_RESERVE_MM = 10.0  # an estimate may be off by a line or two
_LABEL_MM = 8.5
_MOMENT_MM = 34.0  # a QR code with its text
_USABLE_MM = PAGE.text_height - _RESERVE_MM
_MIN_FILL = 0.33  # of a last page; estimated, so more than the quarter that is printed at least
_MIN_TEXT_MM = 18.0  # of running text on a last page, as `pipeline.pdf.page_balance` wants it
_MIN_START = 0.4  # of a page that must be left where a reflection begins that flows on
_MAX_TOGETHER = 6  # reflections in one section, which one edit renders again

# Costs, in pages:
_WHITE_COST = 1.5  # of a blank page; less white costs with its square
_POOR_PAGE_COST = 2.0  # of a page that is near empty
_BALANCE_COST = 0.5  # of a last page that is near empty until it is balanced
_FLOW_COST = 0.15  # of a reflection that would fit on one page, and flows
_MOVE_COST = 0.3  # of a quote that is not with its group
_MOVE_TO_SHARE_COST = 1.25  # of one that would keep its group from sharing a page: it saves a page that is near empty


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageOption:
    """A possible page, or run of pages."""

    page: ReflectionPage
    cost: float


def distribute_reflections(
    reflections: Sequence[PreparedReflection], scale: TypeScale, *, may_move_quotes: bool
) -> tuple[ReflectionPage, ...]:
    """Distribute reflections in order over pages at the least cost: pages used, white space, moved quotes.

    Args:
        reflections: The reflections of an event, in order.
        scale: The type of the edition.
        may_move_quotes: There are pages of quotes, which show a quote that a reflection has no room for.
    """
    smallest = [_resize_quote(one, SMALLEST_QUOTE) for one in reflections]
    best: list[tuple[float, tuple[ReflectionPage, ...]]] = [(0.0, ())]
    for end in range(1, len(smallest) + 1):
        options = [
            (best[start][0] + candidate.cost, (*best[start][1], candidate.page))
            for start in range(max(0, end - _MAX_TOGETHER), end)
            for candidate in _list_candidates(smallest[start:end], scale, may_move_quotes=may_move_quotes)
        ]
        best.append(min(options, key=lambda option: option[0]))
    return best[-1][1]


def estimate_page_mm(page: Sequence[PreparedReflection], scale: TypeScale) -> float:
    """Estimate the height of the reflections of a page together.

    More than a page if they flow on.
    """
    if len(page) != 1:
        return sum(_estimate_reflection_mm(one, scale) for one in page) + _GAP_MM * max(0, len(page) - 1)
    # Alone on its page, a reflection reserves two lines for its title and a QR code in its footer.
    footer = _estimate_footer_mm(page[0], scale)
    extra_footer = max(0.0, _MOMENT_MM + 4 - footer) if footer else 0.0
    extra_title = max(0.0, 2 * HEADING_2.leading_mm - _estimate_title_mm(page[0]))
    return _estimate_reflection_mm(page[0], scale) + extra_title + extra_footer


def _list_candidates(
    run: Sequence[PreparedReflection], scale: TypeScale, *, may_move_quotes: bool
) -> Iterator[_PageOption]:
    """List the ways to set a run of reflections: on one page, or with one of them flowing on."""
    if len(run) == 1:
        yield from _list_single_candidates(run[0], scale, may_move_quotes=may_move_quotes)
        return
    if estimate_page_mm(run, scale) <= _USABLE_MM:
        yield _share_page(run, scale)
        return
    if may_move_quotes and (candidate := _share_without_quotes(run, scale)):
        yield candidate
    for flowing in (0, len(run) - 1):
        if candidate := _let_flow(run, flowing, scale):
            yield candidate


def _list_single_candidates(
    one: PreparedReflection, scale: TypeScale, *, may_move_quotes: bool
) -> Iterator[_PageOption]:
    plain_mm = estimate_page_mm((one,), scale)
    attempts: list[tuple[PreparedReflection, tuple[str, ...], float]] = [(one, (), 0.0)]
    if len(one.reflection.insights) > 1 and not one.moment:
        one = replace(one, insight_columns=2)
        attempts.append((one, ("two columns",), 0.05))
    if one.pull_quote and may_move_quotes:
        attempts.append((replace(one, pull_quote=None), (*attempts[-1][1], "moved quote"), _MOVE_COST))
    for attempt, measures, cost in attempts:
        if estimate_page_mm((attempt,), scale) <= _USABLE_MM:
            sized, used_mm = _enlarge_quote(attempt, 1, scale)
            excess_mm = plain_mm - _USABLE_MM if measures else 0.0
            page = ReflectionPage(reflections=(sized,), single=True, measures=measures, excess_mm=excess_mm)
            yield _PageOption(page=page, cost=1 + cost + _compute_white_cost(used_mm / PAGE.text_height))
            return
    flowing = [_flow_alone(attempt, measures, cost, plain_mm, scale) for attempt, measures, cost in attempts]
    yield flowing[0]
    if flowing[-1].page.estimated_pages < flowing[0].page.estimated_pages:
        yield flowing[-1]


def _flow_alone(
    one: PreparedReflection, measures: tuple[str, ...], cost: float, plain_mm: float, scale: TypeScale
) -> _PageOption:
    """Let a reflection flow over pages of its own; ``plain_mm`` is its height without the measures."""
    pages = _count_pages(estimate_page_mm((one,), scale) + (_RESERVE_MM if measures else 0.0))
    sized, used_mm = _enlarge_quote(one, pages, scale)
    fill = used_mm / PAGE.text_height - (pages - 1)
    enlarged = sized.pull_quote is not None and sized.pull_quote.size < SMALLEST_QUOTE
    larger, balanced = ("larger quote",) if enlarged else (), ("balanced",) if fill < _MIN_FILL else ()
    page = ReflectionPage(
        reflections=(replace(sized, flows=True),),
        estimated_pages=pages,
        measures=(*measures, *larger, *balanced),
        excess_mm=_compute_excess_mm(plain_mm),
    )
    return _PageOption(page=page, cost=pages + cost + _compute_tail_cost(fill))


def _enlarge_quote(one: PreparedReflection, pages: int, scale: TypeScale) -> tuple[PreparedReflection, float]:
    """Choose the largest quote with which a reflection takes no more pages; return it with its height.

    No word of it is hyphenated, unless it is in the smallest size.
    """
    limit_mm = PAGE.text_height * pages - _RESERVE_MM
    for size in range(SMALLEST_QUOTE):
        larger = _resize_quote(one, size)
        if larger.pull_quote is None or not keeps_words_whole(larger.pull_quote):
            continue
        if (used_mm := estimate_page_mm((larger,), scale)) <= limit_mm:
            return larger, used_mm
    return one, estimate_page_mm((one,), scale)


def _share_page(run: Sequence[PreparedReflection], scale: TypeScale) -> _PageOption:
    """Set a run on one page, with larger quotes and gaps if there is room."""
    resized = [_resize_quote(one, 2) for one in run]
    whole = [one.pull_quote is None or keeps_words_whole(one.pull_quote) for one in resized]
    larger = tuple(large if fits else one for one, large, fits in zip(run, resized, whole, strict=True))
    chosen = larger if estimate_page_mm(larger, scale) <= _USABLE_MM else tuple(run)
    used_mm = estimate_page_mm(chosen, scale)
    gap_mm = _GAP_MM + max(0.0, min(_MAX_EXTRA_GAP_MM, (_USABLE_MM - used_mm) / (len(run) - 1)))
    fill = (used_mm + (gap_mm - _GAP_MM) * (len(run) - 1)) / PAGE.text_height
    return _PageOption(page=ReflectionPage(reflections=chosen, gap_mm=gap_mm), cost=1 + _compute_white_cost(fill))


def _share_without_quotes(run: Sequence[PreparedReflection], scale: TypeScale) -> _PageOption | None:
    """Set a run on one page whose highest quotes move to the pages of quotes, as few as possible."""
    heights = [estimate_quote_mm(one.pull_quote) if one.pull_quote else 0.0 for one in run]
    excess_mm, attempt = estimate_page_mm(run, scale) - _USABLE_MM, list(run)
    for moved, number in enumerate(sorted(range(len(run)), key=lambda index: -heights[index]), 1):
        if not heights[number]:
            break
        attempt[number] = replace(run[number], pull_quote=None)
        if estimate_page_mm(attempt, scale) <= _USABLE_MM:
            shared = _share_page(attempt, scale)
            page = replace(shared.page, measures=("moved quote",), excess_mm=excess_mm)
            return _PageOption(page=page, cost=shared.cost + moved * _MOVE_TO_SHARE_COST)
    return None


def _let_flow(run: Sequence[PreparedReflection], flowing: int, scale: TypeScale) -> _PageOption | None:
    """Set a run with one reflection that flows on, before or after those that are not broken."""
    heights = [_estimate_reflection_mm(one, scale) for one in run]
    others_mm = sum(heights) - heights[flowing] + _GAP_MM * (len(run) - 1)
    if flowing:  # it begins below the others
        if others_mm > PAGE.text_height * (1 - _MIN_START):
            return None
        total_mm = others_mm + heights[flowing]
    else:
        total_mm = others_mm + heights[0]
        missing_mm = _estimate_missing_text_mm(run[0], heights[0], scale)
        pages = _count_pages(heights[0])
        if pages < 2 or total_mm + max(_RESERVE_MM, missing_mm) > PAGE.text_height * pages:
            return None
        total_mm += missing_mm
    pages = _count_pages(total_mm)
    fill = total_mm / PAGE.text_height - (pages - 1)
    cost = pages + _compute_tail_cost(fill) + (_FLOW_COST if heights[flowing] <= _USABLE_MM else 0.0)
    reflections = tuple(replace(one, flows=number == flowing) for number, one in enumerate(run))
    measures = ("shared", *(("balanced",) if fill < _MIN_FILL else ()))
    page = ReflectionPage(
        reflections=reflections,
        gap_mm=_GAP_MM,
        estimated_pages=pages,
        measures=measures,
        excess_mm=_compute_excess_mm(heights[flowing]),
    )
    return _PageOption(page=page, cost=cost)


def _estimate_missing_text_mm(one: PreparedReflection, height_mm: float, scale: TypeScale) -> float:
    """Estimate the text that must move to the last page, so that no quote or list is alone there."""
    end_mm = _estimate_footer_mm(one, scale) + (estimate_quote_mm(one.pull_quote) if one.pull_quote else 0.0)
    text_mm = height_mm - PAGE.text_height * (_count_pages(height_mm) - 1) - end_mm
    return max(0.0, _MIN_TEXT_MM - text_mm)


def _compute_excess_mm(height_mm: float) -> float:
    """Compute the height on the last page of a text of several pages; 0 if it fills half of it."""
    excess_mm = height_mm - (_count_pages(height_mm) - 1) * PAGE.text_height
    return excess_mm if PAGE.text_height < height_mm and excess_mm < PAGE.text_height / 2 else 0.0


def _count_pages(height_mm: float) -> int:
    return max(1, -int(-height_mm // PAGE.text_height))


def _compute_white_cost(fill: float) -> float:
    """Compute the cost of the white space on a page of unbroken reflections that is filled so far."""
    return _WHITE_COST * max(0.0, 1 - fill) ** 2 + (_POOR_PAGE_COST if fill < _MIN_FILL else 0.0)


def _compute_tail_cost(fill: float) -> float:
    """Compute the cost of the last page of a reflection that flows on."""
    return _WHITE_COST * (1 - max(fill, _MIN_FILL)) ** 2 + (_BALANCE_COST if fill < _MIN_FILL else 0.0)


def _resize_quote(reflection: PreparedReflection, size: int) -> PreparedReflection:
    quote = reflection.pull_quote
    return replace(reflection, pull_quote=replace(quote, size=size)) if quote else reflection


def _estimate_reflection_mm(one: PreparedReflection, scale: TypeScale) -> float:
    text_md = one.reflection.text_md
    text = copyfit.estimate_text_mm(text_md, scale, count_picture_lines(one.reflection.pictures, scale))
    header = _LABEL_MM + _estimate_title_mm(one) + 6
    quotes = [quote for quote in (one.pull_quote, *one.other_quotes) if quote]
    return header + text + (sum(map(estimate_quote_mm, quotes)) or 8.0) + _estimate_footer_mm(one, scale)


def _estimate_title_mm(one: PreparedReflection) -> float:
    title = one.reflection.question or one.reflection.group
    return copyfit.estimate_height_mm(title, HEADING_2, PAGE.text_width)


def _estimate_footer_mm(one: PreparedReflection, scale: TypeScale) -> float:
    width = 100.0 if one.moment else PAGE.text_width / one.insight_columns - 5
    heights = [copyfit.estimate_height_mm(text, scale.list, width) + 1.5 for text in one.reflection.insights]
    insights = sum(heights) / one.insight_columns + (max(heights, default=0.0) / 2 if one.insight_columns > 1 else 0.0)
    moment = _MOMENT_MM if one.moment else 0.0
    return max(insights + 6 if insights else 0.0, moment) + (4 if insights or moment else 0)
