"""The console as a WSGI application, for whatever server runs it; see `server` for what has to be there first."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallyroom.console.settings")
application = get_wsgi_application()
