"""One run, one database: see `tests/support/databases.py`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.support import databases

# How long an example takes says how busy the machine is, and nothing about the product.
settings.register_profile("huajie", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("huajie")

_FOLDER = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("huajie").addoption(
        "--db", choices=("sqlite", "postgres"), default="sqlite", help="the database that this run uses"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Before pytest-django sets Django up, which reads the settings.
    config.stash[_FOLDER] = databases.prepare(config.getoption("--db"))


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def data_folder(pytestconfig: pytest.Config) -> Path:
    """HUAJIE_DATA of this run."""
    return pytestconfig.stash[_FOLDER]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(data_folder: Path) -> None:
    """Called by pytest-django before it makes the test database."""
    from django.conf import settings as django_settings

    databases.name_test_database(django_settings.DATABASES["default"], data_folder)


@pytest.fixture(scope="session")
def database(pytestconfig: pytest.Config) -> str:
    """`sqlite` or `postgres`."""
    return str(pytestconfig.getoption("--db"))


@pytest.fixture(autouse=True)
def _entries_of_one_test(request: pytest.FixtureRequest, data_folder: Path) -> Iterator[None]:
    """What one test committed, entries and files, is not there for the next: Django's own cleaning can't remove it."""
    yield
    shutil.rmtree(data_folder / "files", ignore_errors=True)
    marker = request.node.get_closest_marker("django_db")
    committed = marker is not None and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))
    if committed or {"transactional_db", "live_server"} & set(request.fixturenames):
        databases.forget_entries()
