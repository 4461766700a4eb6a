"""What a reader of one value raises when the value will not do; caught in this room, where the place is known."""


class WrongError(ValueError):
    """The value will not do. The message goes on where the name of the key ends: ``is empty``, ``must be a list``.

    ``within`` leads from the value that was read to the part of it that is wrong.
    """

    def __init__(
        self, message: str, hint: str = "", *, code: str = "wrong-value", within: tuple[str | int, ...] = ()
    ) -> None:
        """Keep the parts apart, for the one who knows the place."""
        super().__init__(message)
        self.message, self.hint, self.code, self.within = message, hint, code, within


class EncodingError(WrongError):
    """The bytes are no UTF-8, from ``line`` and ``column`` on; ``source`` is that line as far as it can be read."""

    def __init__(self, message: str, hint: str, *, line: int = 0, column: int = 0, source: str = "") -> None:
        """Keep the place, which only the one who decodes knows."""
        super().__init__(message, hint, code="encoding")
        self.line, self.column, self.source = line, column, source
