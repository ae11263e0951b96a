"""What the tests of the FutureLearn room share."""

from tests.dashboard_import.fetched import futurelearn, seven, waits

__all__ = ["futurelearn", "seven", "waits"]
