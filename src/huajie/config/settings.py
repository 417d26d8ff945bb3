"""
Every setting, from the environment, checked here.

Whatever is wrong stops the start with a sentence that begins with the setting's name. `docs/settings.md` lists them.
"""

from pathlib import Path

from environs import Env, EnvError

from huajie.config.accounts import account_settings
from huajie.config.databases import postgres_database, sqlite_database
from huajie.config.errors import Problems, SettingError
from huajie.config.files import file_settings
from huajie.config.keys import load_keys
from huajie.config.limits import limits
from huajie.config.logs import logging_settings, set_up_structlog
from huajie.config.maps import map_settings
from huajie.config.outbox import outbox_settings
from huajie.config.server import server_settings

#: Whatever is wrong is named at once, when everything has been looked at.
problems = Problems()
# a value that can't be read is told of by `seal`, after all of them were tried
env = Env(eager=False)

try:
    #: Database, keys and uploads of this instance.
    HUAJIE_DATA = Path(env.str("HUAJIE_DATA", "var")).absolute()
    _database_url = env.str("HUAJIE_DATABASE_URL", "")
    _connections = env.int("HUAJIE_DATABASE_CONNECTIONS", 8)
    _pooler = env.bool("HUAJIE_DATABASE_POOLER", False)
    _secret_key = env.str("HUAJIE_SECRET_KEY", "")
    DEBUG = env.bool("HUAJIE_DEBUG", False)
    ALLOWED_HOSTS = env.list("HUAJIE_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
    _secure = env.bool("HUAJIE_HTTPS", False)
    _log_level = env.str("HUAJIE_LOG_LEVEL", "INFO").upper()
    #: Folder of packs instead of the shipped one.
    HUAJIE_PACKS = env.str("HUAJIE_PACKS", "") or None
    #: Folder for back-ups and the erasure record; None: there is none.
    HUAJIE_BACKUPS = Path(env.str("HUAJIE_BACKUPS", "")).absolute() if env.str("HUAJIE_BACKUPS", "") else None
    #: Phone numbers of offices, which may stand in texts as they are; digits count.
    HUAJIE_PUBLIC_NUMBERS = frozenset(
        "".join(filter(str.isdigit, number)) for number in env.list("HUAJIE_PUBLIC_NUMBERS", [])
    )
    #: Hours after which the newest back-up is too old; 0: nobody watches.
    HUAJIE_BACKUP_HOURS = env.int("HUAJIE_BACKUP_HOURS", 0)
    #: Shows /metrics to whoever holds it; None: to this machine only.
    HUAJIE_METRICS_TOKEN = env.str("HUAJIE_METRICS_TOKEN", "") or None
    #: Write a line for each request, not only for failed and slow ones.
    HUAJIE_LOG_REQUESTS = env.bool("HUAJIE_LOG_REQUESTS", False)
    env.seal()
except EnvError as error:
    problems.found += [f"{name}: {' '.join(words)}" for name, words in getattr(error, "error_messages", {}).items()]
    if not problems.found:
        raise SettingError(str(error)) from error

with problems:
    if _log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingError(f"HUAJIE_LOG_LEVEL: DEBUG, INFO, WARNING or ERROR, not {_log_level!r}")

with problems:
    if HUAJIE_BACKUP_HOURS is not None and HUAJIE_BACKUP_HOURS < 0:
        raise SettingError("HUAJIE_BACKUP_HOURS: hours, 0 or more")
with problems:
    #: How large files may be, and who looks through them.
    HUAJIE_FILES = file_settings()

with problems:
    if HUAJIE_METRICS_TOKEN is not None and (len(HUAJIE_METRICS_TOKEN) < 32 or not HUAJIE_METRICS_TOKEN.isascii()):
        raise SettingError("HUAJIE_METRICS_TOKEN: at least 32 plain characters, or leave it out")

with problems:
    #: Where and with how many processes to serve; read here too, so that every command refuses a wrong one.
    HUAJIE_SERVER = server_settings()
with problems:
    #: What pages and the JSON API take from one address.
    HUAJIE_LIMITS = limits()
with problems:
    #: How staff sign in.
    HUAJIE_ACCOUNTS = account_settings()
with problems:
    #: How residents are told that there is news.
    HUAJIE_OUTBOX = outbox_settings()
with problems:
    #: What lies below the maps of the desk.
    HUAJIE_MAP = map_settings()

with problems:
    if _secret_key and len(_secret_key) < 32:
        raise SettingError("HUAJIE_SECRET_KEY: at least 32 characters, or leave it out and keys/secret.key is used")

with problems:
    DATABASES = {
        "default": postgres_database(
            _database_url, connections=1 if _connections is None else _connections, pooler=bool(_pooler)
        )
        if _database_url
        else sqlite_database(HUAJIE_DATA / "huajie.sqlite3")
    }

with problems:
    try:
        HUAJIE_DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
        (HUAJIE_DATA / "static").mkdir(exist_ok=True)
    except OSError as error:
        raise SettingError(f"HUAJIE_DATA: can't make the folder {HUAJIE_DATA} ({error.strerror})") from error

problems.stop()

#: Name to 32 bytes: record, number, secret, vault. Only now: nothing is made where something is wrong.
HUAJIE_KEYS = load_keys(HUAJIE_DATA / "keys")
SECRET_KEY = _secret_key or HUAJIE_KEYS["secret"].hex()

INSTALLED_APPS = [
    "huajie.apps.ledger",
    "huajie.apps.jurisdiction",
    "huajie.apps.accounts",
    "huajie.apps.procedure",
    "huajie.apps.vault",
    "huajie.apps.attachments",
    "huajie.apps.matters",
    "huajie.apps.documents",
    "huajie.apps.outbox",
    "huajie.apps.supervision",
    "huajie.edges.jobs",
    "huajie.edges.keeping",
    "huajie.edges.pages",
    "huajie.edges.desk",
    "huajie.edges.public",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
]

MIDDLEWARE = [
    "huajie.edges.headers.SecurityHeaders",
    "huajie.edges.requests.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "huajie.edges.pages.middleware.PagesMiddleware",
    "huajie.edges.desk.locking.LockMiddleware",
    "huajie.edges.guard.GuardMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "huajie.edges.pages.loader.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "huajie.edges.pages.context.frame",
            ],
        },
    }
]

ROOT_URLCONF = "huajie.config.urls"
WSGI_APPLICATION = "huajie.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "jurisdiction.Account"
AUTHENTICATION_BACKENDS = ["huajie.apps.accounts.sessions.AccountBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# allauth reckons and speaks with others (TOTP, passkeys, OpenID Connect); pages, accounts and refusals are ours, so
# none of its addresses is reachable. Guessing is slowed down by apps/accounts alone.
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
SOCIALACCOUNT_ADAPTER = "huajie.edges.desk.provider.ProviderAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
MFA_ADAPTER = "huajie.edges.desk.keys.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RATE_LIMITS = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [Path(__file__).resolve().parent.parent / "static"]
STATIC_ROOT = HUAJIE_DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "huajie.config.static.HashedFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

LOGIN_URL = "desk:sign-in"
CSRF_FAILURE_VIEW = "huajie.edges.pages.errors.csrf_failure"
#: A working day, and no longer than the browser is open: several people share a counter's computer.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE = "huajie.apps.accounts.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
FILE_UPLOAD_HANDLERS = ["huajie.apps.attachments.incoming.ToDisk"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Behind a proxy that ends TLS: it must set X-Forwarded-Proto itself and drop the one that a client sent.
if _secure:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000

set_up_structlog()
LOGGING = logging_settings(_log_level)
