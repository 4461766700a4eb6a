"""programme.yaml, episodes/, magazine/ become values; all validation is here. Never writes. The doorway to PyYAML and pydantic."""

from pipeline.content.advice import advice, read_programme, voided_clearances
from pipeline.content.announced import announced
from pipeline.content.blinding import blind_drafts
from pipeline.content.forms import schemas
from pipeline.content.loading import load_programme, place_in_episode
from pipeline.content.standing import by_hand, waiting

__all__ = [
    "advice",
    "announced",
    "blind_drafts",
    "by_hand",
    "load_programme",
    "place_in_episode",
    "read_programme",
    "schemas",
    "voided_clearances",
    "waiting",
]
