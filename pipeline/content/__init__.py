"""programme.yaml, episodes/, magazine/ become values; all validation is here. Never writes. The doorway to PyYAML and pydantic."""

from pipeline.content.advice import advice, voided_clearances
from pipeline.content.forms import schemas
from pipeline.content.loading import load_programme
from pipeline.content.standing import by_hand, waiting

__all__ = ["advice", "by_hand", "load_programme", "schemas", "voided_clearances", "waiting"]
