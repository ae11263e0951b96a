"""What goes to PostgreSQL's COPY by way of the disk comes out as it went in, and nobody waits for ever."""

import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard_import import bulk


def read_all(feed: bulk.Feed, size: int) -> bytes:
    found = b""
    while taken := feed.read(size):
        assert len(taken) <= size
        found += taken
    return found


@given(pieces=st.lists(st.binary(max_size=50), max_size=20), size=st.integers(1, 60), room=st.integers(1, 30))
def test_pieces_come_out_as_they_went_in_however_small_the_room(pieces, size, room):
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile() as file, ThreadPoolExecutor(1) as pool:
        patch.setattr(bulk, "AHEAD", room)
        feed = bulk.Feed(file.fileno())
        reader = pool.submit(read_all, feed, size)
        for piece in pieces:
            feed.write(piece)
        feed.finish()
        assert reader.result() == b"".join(pieces)


def test_a_writer_that_breaks_off_is_no_end():
    with tempfile.TemporaryFile() as file, ThreadPoolExecutor(1) as pool:
        feed = bulk.Feed(file.fileno())
        reader = pool.submit(read_all, feed, 10)
        feed.write(b"half a row")
        feed.finish(broken=True)
        with pytest.raises(RuntimeError, match="broke off"):
            reader.result()


def test_a_writer_does_not_wait_for_a_reader_that_is_gone(monkeypatch):
    monkeypatch.setattr(bulk, "AHEAD", 10)
    with tempfile.TemporaryFile() as file, ThreadPoolExecutor(1) as pool:
        feed = bulk.Feed(file.fileno())
        writer = pool.submit(feed.write, b"more than there is room for")
        feed.finish()
        writer.result()
