"""What only few requests need is not loaded by every web process: each has little room (DESIGN section 10)."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.accept("K7")

#: Loaded by whoever makes a workbook, reads a photo, tells a file's type, draws an outline, signs in by a provider or a
#: passkey; and what talks with PostgreSQL where there is only SQLite.
HEAVY = "openpyxl PIL pi_heif puremagic shapely numpy lxml requests jwt fido2 psycopg".split()

START = """
import sys
from huajie.config.wsgi import application
from django.urls import get_resolver
get_resolver().url_patterns
print(*sorted(sys.modules))
"""


def test_a_web_process_starts_without_what_few_requests_need(tmp_path: object) -> None:
    environment = {"HUAJIE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "huajie.config.settings"}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "django" in loaded
    assert not loaded.intersection(HEAVY)
