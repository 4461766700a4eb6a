"""The sample editions of the magazine, as PDFs to test with."""

from tests.magazine.conftest import context, editions, print_edition, programme, releases, screen_edition, theme

__all__ = ["context", "editions", "print_edition", "programme", "releases", "screen_edition", "theme"]
