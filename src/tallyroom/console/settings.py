"""Django's settings, made from one election folder and the environment.

TALLYROOM_FOLDER  the election folder; the working folder where it is not given
TALLYROOM_SITE    the published site that is shown beside the console; FOLDER/site if not given
TALLYROOM_POLICY  the policy whose witnesses cosign what is published; nobody does if not given
TALLYROOM_URL     the address that browsers use, where it is not http://localhost: behind a proxy that speaks TLS
DATABASE_URL      postgresql://user:password@host:port/name; a SQLite file in FOLDER/private if not given

`server.prepare` sets the first four and makes what is missing (key, tables) before Django is loaded.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tallyroom.console.database import database_of

FOLDER = Path(os.environ.get("TALLYROOM_FOLDER", "."))
SITE_FOLDER = Path(os.environ.get("TALLYROOM_SITE", FOLDER / "site"))
POLICY_FILE = os.environ.get("TALLYROOM_POLICY", "")
KEY_FILE = FOLDER / "private" / "console.secret"
ADDRESS = urlsplit(os.environ.get("TALLYROOM_URL", "http://localhost"))
HTTPS = ADDRESS.scheme == "https"

SECRET_KEY = KEY_FILE.read_text(encoding="ascii").strip() if KEY_FILE.exists() else ""
DEBUG = False
ALLOWED_HOSTS = [ADDRESS.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "tallyroom.console.urls"
WSGI_APPLICATION = "tallyroom.console.wsgi.application"
INSTALLED_APPS = [
    "tallyroom.console.accounts",
    "tallyroom.console.submissions",
    "tallyroom.console.desk",
    "tallyroom.console.offline",
    "tallyroom.console.board",
    "tallyroom.console.publishing",
    "tallyroom.console.definition",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
]
MIDDLEWARE = [
    "tallyroom.console.middleware.ClientAddress",
    "tallyroom.console.middleware.Headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tallyroom.console.middleware.SignInRequired",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tallyroom.console.election.shown",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {"default": database_of(os.environ.get("DATABASE_URL", ""), FOLDER)}
CACHES = {
    # In the database, so that codes used once and limits of attempts hold in every server process.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "console_cache"}
}

# Sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("login", "name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]  # fmt: skip
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "tallyroom.console.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# An office has many desks behind one address.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "60/m/ip", "reauthenticate": "10/m/user"}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MFA_ADAPTER = "tallyroom.console.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tallyroom"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers allow passkeys without TLS on localhost only
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # one who guesses elsewhere cannot lock a person out here
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "tallyroom.console.accounts.adapters.typed_login"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_DISABLE_ACCESS_LOG = True  # the trail has it
AXES_VERBOSE = False

# Cookies: Lax and not Strict, so that a link in a message of the commission opens the page that it names.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_PATH = "/console/"
SESSION_COOKIE_NAME = "tallyroom_session"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_PATH = "/console/"
CSRF_COOKIE_NAME = "tallyroom_csrf"
CSRF_FAILURE_VIEW = "tallyroom.console.views.forged"
LANGUAGE_COOKIE_NAME = "tallyroom_language"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_PATH = "/console/"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Headers; what Django does not know of stands in middleware.Headers.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = [f"{ADDRESS.scheme}://{ADDRESS.netloc}"] if HTTPS else []
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_HANDLERS = [
    "tallyroom.console.desk.scans.Capped",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 8
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

STATIC_URL = "/console/static/"
STATICFILES_DIRS = [Path(__file__).parent / "static"]
WHITENOISE_USE_FINDERS = True  # straight from the apps' folders: nothing to collect at set-up
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]

LANGUAGE_CODE = "en"
LANGUAGES = [("az", "Azərbaycanca"), ("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"  # the middleware shows times in the election's zone

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Each refusal is in the trail; lines about them would fill the log while somebody guesses.
    "loggers": {"axes": {"level": "ERROR"}, "django.request": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
