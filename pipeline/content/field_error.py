"""The error that the reader of one value raises; the caller knows the location and adds it."""

from pipeline.errors import make_message


class FieldError(ValueError):
    """The value is not valid.

    The message continues after the name of the key: ``is empty``, ``must be a list``.

    ``within`` is the path from the value to the part of it that is wrong.
    """

    def __init__(
        self, message: str, hint: str = "", *, code: str = "wrong-value", within: tuple[str | int, ...] = ()
    ) -> None:
        """Store the parts; the caller adds the location."""
        super().__init__(message)
        self.message: str = make_message(message)
        self.hint: str = make_message(hint)
        self.code, self.within = code, within


class TextDecodingError(FieldError):
    """The bytes are not UTF-8 from ``line`` and ``column`` on.

    ``source`` is the readable part of that line.
    """

    def __init__(self, message: str, hint: str, *, line: int = 0, column: int = 0, source: str = "") -> None:
        """Store the location, which only the decoder knows."""
        super().__init__(message, hint, code="encoding")
        self.line, self.column, self.source = line, column, source
