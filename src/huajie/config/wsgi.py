"""What the server calls."""

import contextlib
import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from huajie.apps.procedure.calendars import load_calendars
from huajie.apps.procedure.registry import PackMissing, packs
from huajie.core.procedure.errors import BadPack
from huajie.edges.jobs.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huajie.config.settings")

# A web process whose server was killed would go on holding the port with nobody to stop it.
if os.environ.get("HUAJIE_SUPERVISED"):
    die_with_parent()

application = get_wsgi_application()

# Pages, packs and calendars are read now, and not while the first to ask waits a second or two for them. Where a pack
# is wrong, /readyz says so.
import_module(settings.ROOT_URLCONF)
with contextlib.suppress(BadPack, PackMissing):
    packs()
load_calendars()

# What was loaded stays until the process ends: the collector need not go through it again and again, each time while
# nobody is answered.
gc.collect()
gc.freeze()
