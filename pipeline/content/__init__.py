"""programme.yaml, episodes/, magazine/ become values; all validation is here. Never writes. The doorway to PyYAML and pydantic."""

from pipeline.content.approval_status import by_hand, waiting
from pipeline.content.editorial_warnings import find_editorial_warnings, read_programme, voided_clearances
from pipeline.content.loader import load_programme, place_in_episode
from pipeline.content.masked_drafts import blind_drafts
from pipeline.content.published_events import load_published_events
from pipeline.content.schema.files import schemas

__all__ = [
    "blind_drafts",
    "by_hand",
    "find_editorial_warnings",
    "load_programme",
    "load_published_events",
    "place_in_episode",
    "read_programme",
    "schemas",
    "voided_clearances",
    "waiting",
]
