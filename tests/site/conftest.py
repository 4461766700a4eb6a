"""The sample programme and its releases, for tests that only look."""

import pytest

from tests.site import sample


@pytest.fixture(name="programme")
def _programme():
    return sample.programme()


@pytest.fixture(name="releases")
def _releases():
    return sample.releases()
