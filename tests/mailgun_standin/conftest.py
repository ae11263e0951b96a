"""What the tests of the stand-in share."""

from collections.abc import Iterator

import pytest

from tests.mailgun_standin import StandIn


@pytest.fixture
def mailgun() -> Iterator[StandIn]:
    """A stand-in that listens."""
    with StandIn() as made:
        yield made
