"""What tests of every depth may ask for."""

from collections.abc import Iterator

import pytest

from deploy.local.kafka import LocalKafka


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    """A real broker, shared by all tests that ask for it: each makes topics and groups of its own."""
    with LocalKafka() as broker:
        yield broker
