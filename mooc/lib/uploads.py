"""Files that people send: refused everywhere, but where a page asks for one, with a limit."""

from typing import NoReturn

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest


class NoFiles(FileUploadHandler):
    """The handler of every page that does not ask for a file: the request is refused (400)."""

    def new_file(self, *args, **kwargs) -> NoReturn:
        raise TooManyFilesSent("This page takes no files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class LimitedFile(TemporaryFileUploadHandler):
    """Keeps one file on disk while it comes in; `too_large` says that it was given up at `most` bytes.

    To use it, a view sets `request.upload_handlers` before anything reads the form, the CSRF check included.
    """

    def __init__(self, request: HttpRequest, most: int):
        super().__init__(request)
        self.most, self.too_large = most, False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self.most:
            self.too_large = True
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)
