"""The listening socket: each connection gets a thread, and for a while nobody may be at home."""

import contextlib
import socket
import threading
from collections.abc import Callable

HOST = "127.0.0.1"
WAITING = 256  # connections that the system keeps for us until we take them


class Door:
    """Listens on a port of loopback. `serve` is called with each connection in a thread of its own."""

    def __init__(self, port: int, serve: Callable[[socket.socket, tuple[str, int]], None]) -> None:
        self._serve = serve
        # Bound and never listening: it keeps the port ours while the door is shut. Otherwise a client could even be
        # given the port itself and connect to itself.
        self._keeper = _bound(port)
        self.port = self._keeper.getsockname()[1]
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._reopening: threading.Timer | None = None
        self._closed = False

    def open(self) -> None:
        """Listen, if nobody does."""
        with self._lock:
            if self._closed or self._listener:
                return
            self._listener = _bound(self.port)
            self._listener.listen(WAITING)
            threading.Thread(target=self._welcome, args=(self._listener,), daemon=True).start()

    def shut(self, seconds: float) -> None:
        """Refuse every connection for a while. Those that stand go on."""
        with self._lock:
            self._stop_listening()
            if self._reopening:
                self._reopening.cancel()
            self._reopening = threading.Timer(seconds, self.open)
            self._reopening.daemon = True
            self._reopening.start()

    def close(self) -> None:
        """Stop listening for good and break what stands."""
        with self._lock:
            self._closed = True
            self._stop_listening()
            if self._reopening:
                self._reopening.cancel()
            for connection in self._connections:
                _shut_down(connection)
        self._keeper.close()

    def _stop_listening(self) -> None:
        if self._listener:
            _shut_down(self._listener)  # closing alone does not wake the thread that waits in accept()
            self._listener.close()
            self._listener = None

    def _welcome(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return  # the door was shut
            threading.Thread(target=self._attend, args=(connection, address), daemon=True).start()

    def _attend(self, connection: socket.socket, address: tuple[str, int]) -> None:
        with self._lock:
            self._connections.add(connection)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve(connection, address)
        except OSError:
            pass  # the client went away: killed, or out of patience. The truth says what was accepted.
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    return made


def _shut_down(open_socket: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        open_socket.shutdown(socket.SHUT_RDWR)
