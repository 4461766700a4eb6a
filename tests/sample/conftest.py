"""The browser and the web server of the tests of the site, for the tests of the sample programmes."""

from tests.site.conftest import _open_tab, _serve

__all__ = ["_open_tab", "_serve"]
