"""The entry point for gunicorn: `gunicorn mooc.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from mooc.encoding import always_utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooc.settings")

application = always_utf8(get_wsgi_application())
