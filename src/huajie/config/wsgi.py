"""What the server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from huajie.edges.jobs.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huajie.config.settings")

# A web process whose server was killed would go on holding the port with nobody to stop it.
if os.environ.get("HUAJIE_SUPERVISED"):
    die_with_parent()

application = get_wsgi_application()

# What was loaded stays until the process ends: the collector need not go through it again and again, each time for a
# tenth of a second in which nobody is answered.
gc.collect()
gc.freeze()
