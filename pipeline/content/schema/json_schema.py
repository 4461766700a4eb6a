"""JSON Schemas of the files that people write, for editors and other tools."""

from typing import Any

from pipeline.content.schema.base import ContentSchema
from pipeline.content.schema.episode import EpisodeSchema
from pipeline.content.schema.magazine import MagazineSchema
from pipeline.content.schema.newsletter import NewsletterSchema
from pipeline.content.schema.programme import ProgrammeSchema
from pipeline.content.schema.reflection import ReflectionSchema
from pipeline.content.schema.story import StorySchema

SCHEMAS: dict[str, type[ContentSchema]] = {
    "programme": ProgrammeSchema,
    "episode": EpisodeSchema,
    "magazine": MagazineSchema,
    "newsletter": NewsletterSchema,
    "reflection": ReflectionSchema,
    "story": StorySchema,
}


def build_json_schemas() -> dict[str, dict[str, Any]]:
    """Return a JSON Schema (2020-12) per kind of file; for Markdown, of its front matter."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: dialect | schema.model_json_schema() for name, schema in SCHEMAS.items()}
