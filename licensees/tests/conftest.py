"""Adam at his browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def adams_browser(adam: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(adam)
