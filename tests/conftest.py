"""What every test stands on."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Start each test with an empty cache: counters of one test must not limit the next."""
    cache.clear()
    yield
