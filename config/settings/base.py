"""What every process shares, with `api`, `celery`, `logging`, `security` and `stream`. `config.env` declares what a machine decides."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from config import env
from config.settings.api import *  # noqa: F403  these are parts of one list of settings
from config.settings.celery import *  # noqa: F403  the same
from config.settings.logging import *  # noqa: F403  the same
from config.settings.security import *  # noqa: F403  the same
from config.settings.stream import *  # noqa: F403  the same

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# The address: realm, image host, links in mails and Stripe's return addresses are made from it, nothing from the Host header.
LAYERSTORE_PUBLIC_URL = env.PUBLIC_URL.read()
LAYERSTORE_IMAGE_HOST = urlsplit(LAYERSTORE_PUBLIC_URL).netloc
LAYERSTORE_SERVICE = env.SERVICE.read()
LAYERSTORE_ISSUER = "layerstore"
LAYERSTORE_TOKEN_KEYS = env.TOKEN_KEYS.read()
LAYERSTORE_KEYS_DIR = Path(env.KEYS_DIR.read(str(BASE_DIR / "var" / "keys")))
LAYERSTORE_REGISTRY_TRUST = env.REGISTRY_TRUST.read()
LAYERSTORE_REGISTRY_URL = env.REGISTRY_URL.read()
LAYERSTORE_TOKEN_URL = env.TOKEN_URL.read(LAYERSTORE_PUBLIC_URL)
LAYERSTORE_METRICS_PORT = env.METRICS_PORT.read()
LAYERSTORE_TRACES = env.TRACES.read()
LAYERSTORE_TRACES_PERCENT = env.TRACES_PERCENT.read()
LAYERSTORE_EVENTS_SECRET = env.EVENTS_SECRET.read()
LAYERSTORE_EVENTS = env.EVENTS.read()
LAYERSTORE_EVENTS_KEPT = timedelta(days=env.EVENTS_KEPT_DAYS.read())
# How long we keep personal data that serves no sale any more.
LAYERSTORE_AUDIT_ADDRESSES_KEPT = timedelta(days=env.AUDIT_ADDRESSES_KEPT_DAYS.read())
LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT = timedelta(days=env.UNVERIFIED_ACCOUNTS_KEPT_DAYS.read())
LAYERSTORE_EMPTY_NAMESPACES_KEPT = timedelta(days=env.EMPTY_NAMESPACES_KEPT_DAYS.read())
LAYERSTORE_MAIL_KEPT = timedelta(days=env.MAIL_KEPT_DAYS.read())
LAYERSTORE_BUYER_PULLS_KEPT = timedelta(days=env.BUYER_PULLS_KEPT_DAYS.read())
LAYERSTORE_ENDED_TOKENS_KEPT = timedelta(days=env.ENDED_TOKENS_KEPT_DAYS.read())
LAYERSTORE_MAILBOX_URL = env.MAILBOX_URL.read()
LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=env.PULL_TOKEN_SECONDS.read())
LAYERSTORE_PUSH_TOKEN_LIFETIME = timedelta(seconds=env.PUSH_TOKEN_SECONDS.read())
LAYERSTORE_TOKEN_LEEWAY = timedelta(seconds=60)  # the registry's own: 60 s both ways
LAYERSTORE_RESERVATION_LIFETIME = timedelta(days=env.RESERVATION_DAYS.read())
LAYERSTORE_RESERVATION_WARNING = timedelta(days=env.RESERVATION_WARNING_DAYS.read())
LAYERSTORE_NAMESPACES_PER_SELLER = env.NAMESPACES_PER_SELLER.read()
LAYERSTORE_MEGABYTES_PER_SELLER = env.MEGABYTES_PER_SELLER.read()
LAYERSTORE_IMAGES_PER_NAMESPACE = env.IMAGES_PER_NAMESPACE.read()
LAYERSTORE_TOKENS_PER_USER = env.TOKENS_PER_USER.read()
LAYERSTORE_ORGANISATIONS_PER_USER = env.ORGANISATIONS_PER_USER.read()
LAYERSTORE_MEMBERS_PER_ORGANISATION = env.MEMBERS_PER_ORGANISATION.read()
LAYERSTORE_RATE_LIMITS = "config.rate_limits.ACTS"
LAYERSTORE_RATE_LIMITED_ROUTES = "config.rate_limits.ROUTES"
LAYERSTORE_MAIL_LANGUAGE = "accounts.people.selectors.language_of"
LAYERSTORE_APPLICATION_FEE_PERCENT = env.APPLICATION_FEE_PERCENT.read()
LAYERSTORE_UNPULLED_REFUND_DAYS = env.UNPULLED_REFUND_DAYS.read()
LAYERSTORE_STAFF_MAIL = env.STAFF_MAIL.read()
LAYERSTORE_CURRENCIES = env.SHOP_CURRENCIES.read()
LAYERSTORE_SMALLEST_PRICES = env.SMALLEST_PRICES.read()
LAYERSTORE_STRIPE_TAX = env.STRIPE_TAX.read() == "yes"

STRIPE_SECRET_KEY = env.STRIPE_SECRET_KEY.read()
STRIPE_WEBHOOK_SECRET = env.STRIPE_WEBHOOK_SECRET.read()
STRIPE_CONNECT_WEBHOOK_SECRET = env.STRIPE_CONNECT_WEBHOOK_SECRET.read()
LAYERSTORE_WEBHOOK_ALERT_MINUTES = env.WEBHOOK_ALERT_MINUTES.read()
LAYERSTORE_SUBSCRIPTION_GRACE_DAYS = env.SUBSCRIPTION_GRACE_DAYS.read()
LAYERSTORE_PRICE_NOTICE_DAYS = env.PRICE_NOTICE_DAYS.read()
STRIPE_API_BASE = env.STRIPE_API_BASE.read()  # only the sandbox sets it
LAYERSTORE_STRIPE_COUNTRY = env.STRIPE_COUNTRY.read()
STRIPE_LIVEMODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))

SECRET_KEY = env.SECRET_KEY.read()
DEBUG = False
LAYERSTORE_PRODUCTION = False  # settings/production.py: config.checks then refuses what is unsafe
ALLOWED_HOSTS = env.ALLOWED_HOSTS.read(urlsplit(LAYERSTORE_PUBLIC_URL).hostname or "127.0.0.1")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

INSTALLED_APPS = [
    "config",
    "billing",
    "registry_auth",
    "marketplace",
    "accounts",
    "outbox",
    "audit",
    "common",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.processes.health.HealthMiddleware",
    "common.web.metrics.RequestMetricsMiddleware",
    "common.web.tracing.TracingMiddleware",
    "common.web.client.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.web.languages.LanguageMiddleware",
    "common.web.currencies.CurrencyMiddleware",
    "common.web.request_checks.ReadableRequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sign_in.middleware.AccountLanguageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.sign_in.middleware.AdminAccessMiddleware",
    "accounts.sign_in.way_back.BackToTheFormMiddleware",
    "common.web.throttling.RateLimitMiddleware",
    "billing.stripe.request_slots.StripeSlotsMiddleware",
    "common.web.pages.DomainErrorMiddleware",
]

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
                "common.web.context.site",
            ],
            "libraries": {
                "charts": "marketplace.insights.templatetags.charts",
                "covers": "marketplace.covers.templatetags.covers",
                "display": "common.web.templatetags.display",
                "fields": "common.web.templatetags.fields",
                "library": "marketplace.library.templatetags.library",
                "links": "common.web.templatetags.links",
                "names": "accounts.people.templatetags.names",
                "numbers": "marketplace.insights.templatetags.numbers",
                "overview": "common.admin.overview",
                "structured_data": "common.web.templatetags.structured_data",
            },
        },
    },
]

LAYERSTORE_DATABASE_POOLING = env.DATABASE_POOLING.read()
DATABASES = {"default": env.DATABASE_URL.read() | {"DISABLE_SERVER_SIDE_CURSORS": LAYERSTORE_DATABASE_POOLING == "transaction"}}
# Where PostgreSQL's machine is gone, connections over TCP end after about ten seconds (libpq; milliseconds, then seconds and a number).
_TCP = {"tcp_user_timeout": 10_000, "keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}
DATABASES["default"]["OPTIONS"] = _TCP | DATABASES["default"]["OPTIONS"]
# Of web and inner. The token process has a limit in its own settings, each lane of the worker in config/jobs.py, a command none.
LAYERSTORE_STATEMENT_SECONDS = env.STATEMENT_SECONDS.read()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A periodic job holds a short lease and renews it (common/db/leases). Where that is: PostgreSQL, or DynamoDB.
LAYERSTORE_LEASE_SECONDS = 6.0
LAYERSTORE_LEASES = env.LEASES.read()
LAYERSTORE_LEASES_TABLE = env.LEASES_TABLE.read()
LAYERSTORE_LEASES_REGION = env.LEASES_REGION.read()
LAYERSTORE_LEASES_ENDPOINT = env.LEASES_ENDPOINT.read()

REDIS_URL = env.REDIS_URL.read()
LAYERSTORE_REDIS_SECONDS = 0.25  # nothing that is only noted or cached may delay an answer for longer
CACHES = {
    "default": {
        "BACKEND": "common.ops.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "layerstore",
        "OPTIONS": {"socket_timeout": LAYERSTORE_REDIS_SECONDS, "socket_connect_timeout": LAYERSTORE_REDIS_SECONDS},
    },
}

for _setting, _value in env.EMAIL_URL.read().items():
    globals()[_setting] = _value
DEFAULT_FROM_EMAIL = env.MAIL_FROM.read(f"Layerstore <no-reply@{urlsplit(LAYERSTORE_PUBLIC_URL).hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Of each: what it calls itself. Another one needs its catalogue in locale/, which script/messages begins.
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.STATIC_ROOT.read(str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "common.web.css.BundleFinder",
]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.MEDIA_ROOT.read(str(BASE_DIR / "var" / "media")))
_BUCKET = env.MEDIA_BUCKET.read()
STORAGES = {
    "default": {"BACKEND": "common.ops.bucket.BucketStorage", "OPTIONS": {"bucket_name": _BUCKET}}
    if _BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
