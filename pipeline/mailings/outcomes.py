"""The outcome of an event from its approved reflections: by topic, and by role."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Event, Programme, Quote, Reflection

MIN_PEOPLE = 5  # of a role that is shown by itself: fewer people could be recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What groups said about one case, or about one question."""

    title: str
    summary: str  # of the case
    groups: tuple[str, ...]
    insights: tuple[str, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOutcome:
    """What the groups with one role said; without a ``name``: all roles of fewer than `MIN_PEOPLE` people."""

    name: str
    people: int
    groups: int
    is_everywhere: bool  # in every group: then there are no insights, which would be all of them
    insights: tuple[str, ...]
    quotes: tuple[Quote, ...]  # by people of this role


def list_topics(programme: Programme, event: Event) -> tuple[Topic, ...]:
    """List the topics of an event: its cases in order, then the questions of the other groups."""
    cases = {case.slug: case for case in event.cases}
    sorted_by_topic: dict[tuple[str, str], list[Reflection]] = {(case.title, case.summary): [] for case in event.cases}
    for one in programme.find_reflections(event.id):
        case = cases.get(one.case)
        key = (case.title, case.summary) if case else (one.question or one.group, "")
        sorted_by_topic.setdefault(key, []).append(one)
    return tuple(
        Topic(
            title=title,
            summary=summary,
            groups=tuple(one.group for one in reflections),
            insights=_list_insights(reflections),
            quotes=tuple(quote for one in reflections for quote in one.quotes),
        )
        for (title, summary), reflections in sorted_by_topic.items()
        if any(one.insights or one.quotes for one in reflections)
    )


def summarise_roles(reflections: Sequence[Reflection]) -> tuple[RoleOutcome, ...]:
    """Summarise by role; roles of fewer than `MIN_PEOPLE` people over all groups are merged.

    An unknown number counts as fewer. If all merged roles together have fewer people than that,
    they are left out.
    """
    people, names = _count_people(reflections)
    large = [role for role, count in people.items() if count >= MIN_PEOPLE]
    merged = frozenset(people) - frozenset(large)
    outcomes = [_summarise(names[role], frozenset({role}), people, reflections) for role in large]
    if sum(people[role] for role in merged) >= MIN_PEOPLE:
        outcomes.append(_summarise("", merged, people, reflections))
    return tuple(one for one in outcomes if one.name or one.insights or one.quotes)


def hide_small_roles(quotes: Iterable[Quote], roles: Sequence[RoleOutcome]) -> Iterator[Quote]:
    """Yield the quotes, attributed to a role only if that role is shown by itself."""
    shown = {_fold(role.name) for role in roles if role.name}
    for quote in quotes:
        yield quote if _fold(quote.by) in shown else Quote(text=quote.text)


def _count_people(reflections: Sequence[Reflection]) -> tuple[Counter[str], dict[str, str]]:
    """Count the people of each role, and map each folded role to its first spelling."""
    people: Counter[str] = Counter()
    names: dict[str, str] = {}
    for one in reflections:
        for role, count in (*((role, 0) for role in one.roles), *one.participants):
            names.setdefault(_fold(role), role)
            people[_fold(role)] += count
    return people, names


def _summarise(
    name: str, roles: frozenset[str], people: Counter[str], reflections: Sequence[Reflection]
) -> RoleOutcome:
    present = [one for one in reflections if roles & _list_roles(one)]
    is_everywhere = len(present) == len(reflections)
    return RoleOutcome(
        name=name,
        people=sum(people[role] for role in roles),
        groups=len(present),
        is_everywhere=is_everywhere,
        insights=() if is_everywhere else _list_insights(present),
        quotes=tuple(quote for one in reflections for quote in one.quotes if _fold(quote.by) in roles),
    )


def _list_roles(reflection: Reflection) -> frozenset[str]:
    return frozenset(_fold(role) for role in (*reflection.roles, *(role for role, _ in reflection.participants)))


def _list_insights(reflections: Iterable[Reflection]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(insight for one in reflections for insight in one.insights))


def _fold(role: str) -> str:
    return " ".join(role.casefold().split())
