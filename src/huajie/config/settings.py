"""
Every setting, from the environment, checked here.

Whatever is wrong stops the start with a sentence that begins with the setting's name. `docs/settings.md` lists them.
"""

from pathlib import Path

from environs import Env, EnvError

from huajie.config.databases import postgres_database, sqlite_database
from huajie.config.errors import SettingError
from huajie.config.keys import load_keys

env = Env()

try:
    #: Database, keys and uploads of this instance.
    HUAJIE_DATA = Path(env.str("HUAJIE_DATA", "var")).absolute()
    _database_url = env.str("HUAJIE_DATABASE_URL", "")
    _connections = env.int("HUAJIE_DATABASE_CONNECTIONS", 8)
    _pooler = env.bool("HUAJIE_DATABASE_POOLER", False)
    _secret_key = env.str("HUAJIE_SECRET_KEY", "")
    DEBUG = env.bool("HUAJIE_DEBUG", False)
    ALLOWED_HOSTS = env.list("HUAJIE_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
except EnvError as error:
    raise SettingError(str(error)) from error

try:
    HUAJIE_DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise SettingError(f"HUAJIE_DATA: can't make the folder {HUAJIE_DATA} ({error.strerror})") from error

#: Name to 32 bytes: record, number, secret, vault.
HUAJIE_KEYS = load_keys(HUAJIE_DATA / "keys")

if _secret_key and len(_secret_key) < 32:
    raise SettingError("HUAJIE_SECRET_KEY: at least 32 characters, or leave it out and keys/secret.key is used")
SECRET_KEY = _secret_key or HUAJIE_KEYS["secret"].hex()

DATABASES = {
    "default": postgres_database(_database_url, connections=_connections, pooler=_pooler)
    if _database_url
    else sqlite_database(HUAJIE_DATA / "huajie.sqlite3")
}

INSTALLED_APPS = [
    "huajie.apps.ledger",
    "huajie.apps.jurisdiction",
    "huajie.apps.procedure",
    "huajie.apps.vault",
    "huajie.apps.matters",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

ROOT_URLCONF = "huajie.config.urls"
WSGI_APPLICATION = "huajie.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "jurisdiction.Account"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = HUAJIE_DATA / "static"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
