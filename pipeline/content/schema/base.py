"""Base class of the schemas: unknown keys are errors, keys without a value count as absent."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class ContentSchema(BaseModel):
    """A mapping of keys to values; a key without a value counts as absent.

    ``noun`` is what messages call the file; only the schemas of whole files have one. ``is_printed``:
    its text is laid out on pages, which has narrower limits than a page of the site.
    """

    noun: ClassVar[str] = ""
    is_printed: ClassVar[bool] = True

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.list_keys()}

    @classmethod
    def list_keys(cls) -> tuple[str, ...]:
        """Return the keys as people write them, in order."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


def get_union_tag(value: Any) -> str:
    """Return which member of a union was written: a ``mapping``, or else plain ``text``."""
    return "mapping" if isinstance(value, dict | BaseModel) else "text"
