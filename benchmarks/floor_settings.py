"""The same project with nothing but the views of `benchmarks.floor_urls`; `FLOOR_BARE` takes the middleware away."""

import os

from mooc.settings import *  # noqa: F403
from mooc.settings import MIDDLEWARE

ROOT_URLCONF = "benchmarks.floor_urls"
WSGI_APPLICATION = None
MIDDLEWARE = [] if os.environ.get("FLOOR_BARE") else MIDDLEWARE
