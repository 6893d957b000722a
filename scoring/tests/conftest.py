"""The platforms that send to the tests of scoring."""

import pytest

from licensees.models import Licensee
from scoring.tests.sending import Platform


@pytest.fixture
def platform(northwind: Licensee) -> Platform:
    """Northwind's platform."""
    return Platform(northwind)


@pytest.fixture
def other_platform(lakeside: Licensee) -> Platform:
    """Lakeside's platform, which must see nothing of Northwind's."""
    return Platform(lakeside)
