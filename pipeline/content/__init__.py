"""programme.yaml, episodes/, magazine/ become values; all validation is here. Never writes. The doorway to PyYAML and pydantic."""

from pipeline.content.forms import schemas
from pipeline.content.loading import load_programme, place_in_episode

__all__ = ["load_programme", "place_in_episode", "schemas"]
