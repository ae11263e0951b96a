"""What happens after a while: one thread that calls functions when they are due."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Later:
    """Calls functions after a number of seconds, in the order in which they are due."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[..., object], tuple]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._running = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def after(self, seconds: float, function: Callable[..., object], *arguments: object) -> None:
        """Call the function in `seconds`; after close() never."""
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), function, arguments))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="stand-in: later", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def idle(self) -> bool:
        """Say whether nothing is waiting or under way."""
        with self._changed:
            return not self._due and not self._running

    def close(self) -> None:
        """Forget what waits and end the thread."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()
        if self._thread:
            self._thread.join(5)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._running = 0
                while not self._closed and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._closed:
                    return
                _moment, _number, function, arguments = heapq.heappop(self._due)
                self._running = 1
            function(*arguments)
