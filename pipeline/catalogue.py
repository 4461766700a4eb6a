"""The message catalogue (gettext): translations of pages, reports and the command line. Imports no library."""

import gettext
from functools import cache
from pathlib import Path

DOMAIN = "weerslag"


def get_templates_folder() -> Path:
    """Return the folder of the default theme.

    It is inside the package in a wheel, and next to the package in a checkout.
    """
    package = Path(__file__).parent
    packaged = package / "_templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


def get_locale_folder() -> Path:
    """Return the folder of the compiled catalogues."""
    return get_templates_folder() / "locale"


@cache
def load_catalogue(language: str) -> gettext.NullTranslations:
    """Load the catalogue of a language such as ``nl``; without one, text stays English."""
    return gettext.translation(DOMAIN, get_locale_folder(), [language], fallback=True)
