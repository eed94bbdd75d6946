"""Console and published site as one WSGI application, for whatever server runs it.

`server.prepare` says what has to be there first.
"""

import os
from typing import cast
from wsgiref.types import WSGIApplication

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallyroom.console.settings")
console = cast(WSGIApplication, get_wsgi_application())

from django.conf import settings  # noqa: E402 - settings are read once Django is loaded

from tallyroom.console.site import beside_site  # noqa: E402
from tallyroom.console.submissions import wiring  # noqa: E402

wiring.start()
application = beside_site(settings.SITE_FOLDER, console)
