"""What every form of this room does: no unknown key, and a key that nothing stands behind counts as left out."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Form(BaseModel):
    """Keys and values; a key that nothing stands behind counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.key_names()}

    @classmethod
    def key_names(cls) -> tuple[str, ...]:
        """The keys as people write them, in order."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


def shape_of(value: Any) -> str:
    """Which member of a union somebody wrote: ``keys`` and values, or else plain ``text``."""
    return "keys" if isinstance(value, dict) else "text"
