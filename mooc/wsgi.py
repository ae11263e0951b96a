"""The entry point for gunicorn: `gunicorn mooc.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooc.settings")

application = get_wsgi_application()
