"""programme.yaml, episodes/, magazine/ become values; all validation is here. Never writes. The doorway to PyYAML and pydantic."""

from pipeline.content.advice import advice, voided_clearances
from pipeline.content.blinding import blind_drafts
from pipeline.content.forms import schemas
from pipeline.content.loading import load_programme, place_in_episode
from pipeline.content.standing import by_hand, waiting

__all__ = [
    "advice",
    "blind_drafts",
    "by_hand",
    "load_programme",
    "place_in_episode",
    "schemas",
    "voided_clearances",
    "waiting",
]
