from collections.abc import Iterator

import pytest

from tools.bench.mock_aws import MockAWS


@pytest.fixture(scope="module")
def aws() -> Iterator[MockAWS]:
    """DynamoDB's wire, for a module."""
    with MockAWS() as server:
        yield server
