"""All settings, read strictly from the environment; docs/settings.md says what each is for."""

import os
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from mooc.lib.env import Env, is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(os.environ)


def required(name: str, value: str | list[str], why: str) -> str | list[str]:
    if value:
        return value
    raise ImproperlyConfigured(f"{name} is missing. {why} (With DEBUG=true, on your own machine, it may be left out.)")


# The site
DEBUG = env.flag("DEBUG")
if DEBUG:
    SECRET_KEY = env.text("SECRET_KEY", "for-development-only-never-used-when-debug-is-off")
    ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
else:
    SECRET_KEY = required("SECRET_KEY", env.text("SECRET_KEY"), "Set it to 50 or more random characters and keep it.")
    ALLOWED_HOSTS = required(
        "ALLOWED_HOSTS", env.hosts("ALLOWED_HOSTS"), "Set it to the host names of the site, with commas between them."
    )
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0, most=10)

MOOC_TITLE = env.text("MOOC_TITLE", "Mechanical MOOC")
MOOC_DOMAIN = env.host("MOOC_DOMAIN", "127.0.0.1:8000" if DEBUG else ALLOWED_HOSTS[0].lstrip(".*") or "localhost")
MOOC_SCHEME = "http" if DEBUG or is_loopback(MOOC_DOMAIN) else "https"

# Sign-up
SIGNUP_LIMIT = env.whole("SIGNUP_LIMIT", 100, least=1)
SIGNUP_LIMIT_MINUTES = env.number("SIGNUP_LIMIT_MINUTES", 10, least=0.01)

# Mail
MAILGUN_API_URL = env.url("MAILGUN_API_URL", "https://api.mailgun.net")
MAILGUN_API_KEY = env.text("MAILGUN_API_KEY")
MAILGUN_WEBHOOK_SIGNING_KEY = env.text("MAILGUN_WEBHOOK_SIGNING_KEY")
MAILGUN_API_DOMAIN = env.domain("MAILGUN_API_DOMAIN", env.domain("EMAIL_DOMAIN"))
EMAIL_DOMAIN = env.domain("EMAIL_DOMAIN", MAILGUN_API_DOMAIN or "mooc.localhost")
MAILGUN_API_DOMAIN = MAILGUN_API_DOMAIN or EMAIL_DOMAIN
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", f"organisers@{EMAIL_DOMAIN}")
EMAIL_HOST = env.host("EMAIL_HOST")
if urlsplit(f"//{EMAIL_HOST}").port:
    raise ImproperlyConfigured("EMAIL_HOST has a port in it. Write the port into EMAIL_PORT.")
EMAIL_PORT = env.whole("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
MAIL_TRANSPORT = env.choice(
    "MAIL_TRANSPORT",
    ("mailgun", "smtp", "outbox", "none"),
    "mailgun" if MAILGUN_API_KEY else "smtp" if EMAIL_HOST else "outbox" if DEBUG else "none",
)
MAIL_BATCH_SIZE = env.whole("MAIL_BATCH_SIZE", 1000, least=1, most=1000)
MAIL_LEASE_SECONDS = env.number("MAIL_LEASE_SECONDS", 300, least=1)
MAIL_TIMEOUT_SECONDS = env.number("MAIL_TIMEOUT_SECONDS", 60, least=0.1)
MAIL_TRUST_MINUTES = env.number("MAIL_TRUST_MINUTES", 60)
MAIL_EVENTS_HOURS = env.number("MAIL_EVENTS_HOURS", 24)
MAIL_LATEST_HOURS = env.number("MAIL_LATEST_HOURS", 12, least=0.01)
MAIL_BOUNCE_SHARE = env.number("MAIL_BOUNCE_SHARE", 0.1, most=1)
MAIL_COMPLAINT_SHARE = env.number("MAIL_COMPLAINT_SHARE", 0.005, most=1)
MAIL_TRACKING = env.flag("MAIL_TRACKING", True)
MAIL_KEEP_EVENTS_DAYS = env.number("MAIL_KEEP_EVENTS_DAYS", 90, least=7)
MAIL_KEEP_TALK_DAYS = env.number("MAIL_KEEP_TALK_DAYS", 365, least=30)
if MAIL_TIMEOUT_SECONDS >= MAIL_LEASE_SECONDS:
    raise ImproperlyConfigured(
        f"MAIL_TIMEOUT_SECONDS ({MAIL_TIMEOUT_SECONDS:g}) must be smaller than MAIL_LEASE_SECONDS "
        f"({MAIL_LEASE_SECONDS:g}), or a slow call could outlive the claim it was made under."
    )
if MAIL_TRUST_MINUTES < 30:
    warnings.warn("MAIL_TRUST_MINUTES is under 30: Mailgun itself may know of a message only later.", stacklevel=1)
if MAIL_TRANSPORT == "mailgun" and not MAILGUN_API_KEY:
    warnings.warn("MAIL_TRANSPORT is mailgun but MAILGUN_API_KEY is missing: mail waits in the queue.", stacklevel=1)
if MAIL_TRANSPORT == "smtp" and not EMAIL_HOST:
    warnings.warn("MAIL_TRANSPORT is smtp but EMAIL_HOST is missing: mail waits in the queue.", stacklevel=1)

# Groups
GROUP_DISCUSSION = env.choice("GROUP_DISCUSSION", ("relay", "lists"), "relay")
if GROUP_DISCUSSION == "lists" and MAIL_TRANSPORT != "mailgun":
    warnings.warn("GROUP_DISCUSSION is lists, which needs mail by Mailgun: groups talk by relay.", stacklevel=1)
GROUP_OPEN_DAYS = env.whole("GROUP_OPEN_DAYS", 60, most=3650)
GROUP_POSTS_PER_HOUR = env.whole("GROUP_POSTS_PER_HOUR", 20, least=1)
GROUP_MESSAGE_MEGABYTES = env.number("GROUP_MESSAGE_MEGABYTES", 30, least=0.1, most=50)
GROUP_PICTURE_MEGABYTES = env.number("GROUP_PICTURE_MEGABYTES", 5, most=50)

# FutureLearn
FUTURELEARN_DATA_DIR = Path(env.text("FUTURELEARN_DATA_DIR", str(BASE_DIR / "var" / "futurelearn")))
FUTURELEARN_URL = env.url("FUTURELEARN_URL", "https://www.futurelearn.com")
FUTURELEARN_USERNAME = env.text("FUTURELEARN_USERNAME")
FUTURELEARN_PASSWORD = env.text("FUTURELEARN_PASSWORD")
FUTURELEARN_ORGANISATION = env.slug("FUTURELEARN_ORGANISATION")
FUTURELEARN_PAUSE = env.number("FUTURELEARN_PAUSE", 1, most=3600)
if bool(FUTURELEARN_USERNAME) != bool(FUTURELEARN_PASSWORD):
    warnings.warn("Only one of FUTURELEARN_USERNAME and FUTURELEARN_PASSWORD is set: both are needed.", stacklevel=1)
if FUTURELEARN_PAUSE < 0.5 and not is_loopback(urlsplit(FUTURELEARN_URL).netloc):
    warnings.warn("FUTURELEARN_PAUSE is under half a second: FutureLearn may shut us out.", stacklevel=1)
STATISTICS_HIDE_BELOW = env.whole("STATISTICS_HIDE_BELOW", 0)
FUTURELEARN_UPLOAD_MB = env.whole("FUTURELEARN_UPLOAD_MB", 500, least=1)

# The application
INSTALLED_APPS = [
    "mooc.adminsite.MoocAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "csp",
    "django_prose_editor",
    "js_asset",
    "mooc",
    "dashboard_import",
    "mailing",
    "groups",
    "signup",
    "sequence",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "mooc.urls"
WSGI_APPLICATION = "mooc.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets of ours lie among our templates
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mooc.context.site",
            ],
        },
    },
]

# The database: SQLite for the first run, PostgreSQL in production
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
try:
    DATABASES = {
        "default": dj_database_url.parse(
            env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'mooc.sqlite3'}"),
            conn_max_age=600,
            conn_health_checks=True,
        )
    }
except (ValueError, KeyError) as error:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {type(error).__name__}. See docs/settings.md.") from None
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A writer waits for its turn instead of failing half-way through a transaction that began with a read.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Language and time
# One language for the whole site: what organisers write is in one language too.
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en-gb")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# Security
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "admin:login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "mooc.lib.network.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "429.html"

X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        # The one inline style the rich text editor of the admin adds (Tiptap's base rules), by its hash.
        "style-src": [SELF, "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
if not DEBUG:
    SECURE_SSL_REDIRECT = MOOC_SCHEME == "https"
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MOOC_SCHEME == "https"
    SECURE_HSTS_SECONDS = 31_536_000 if MOOC_SCHEME == "https" else 0
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Being on browsers' preload list binds a whole domain for years: the owner of the domain decides that, not this site.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A form of this project is small; a larger one is a mistake or an attack.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# A long file would fill the disk: only a page that says so takes one, by a handler with limits of its own.
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["mooc.lib.uploads.NoFiles"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"without_keys": {"()": "mooc.lib.logs.WithoutKeys"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_keys"]},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
