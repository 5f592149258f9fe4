"""What every process shares. A machine's own values come through `config.env`; secrets have no default here."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# The address: realm, image host, links in mails and Stripe's return addresses are made from it, nothing from the Host header.
LAYERSTORE_PUBLIC_URL = env.text("LAYERSTORE_PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
LAYERSTORE_IMAGE_HOST = urlsplit(LAYERSTORE_PUBLIC_URL).netloc
LAYERSTORE_SERVICE = env.text("LAYERSTORE_SERVICE", "layerstore")
LAYERSTORE_ISSUER = "layerstore"
LAYERSTORE_TOKEN_KEYS = env.words("LAYERSTORE_TOKEN_KEYS")
LAYERSTORE_KEYS_DIR = Path(env.text("LAYERSTORE_KEYS_DIR", str(BASE_DIR / "var" / "keys")))
LAYERSTORE_REGISTRY_TRUST = env.one_of("LAYERSTORE_REGISTRY_TRUST", "rootcertbundle", "jwks")  # the registry's own words
LAYERSTORE_REGISTRY_URL = env.text("LAYERSTORE_REGISTRY_URL", "http://127.0.0.1:9080").rstrip("/")
LAYERSTORE_TOKEN_URL = env.text("LAYERSTORE_TOKEN_URL", LAYERSTORE_PUBLIC_URL).rstrip("/")
LAYERSTORE_EVENTS_SECRET = env.text("LAYERSTORE_EVENTS_SECRET")
LAYERSTORE_EVENTS_KEPT = timedelta(days=env.number("LAYERSTORE_EVENTS_KEPT_DAYS", 7))
# How long personal data is kept that serves no sale any more.
LAYERSTORE_AUDIT_ADDRESSES_KEPT = timedelta(days=env.number("LAYERSTORE_AUDIT_ADDRESSES_KEPT_DAYS", 90))
LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT = timedelta(days=env.number("LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT_DAYS", 7))
LAYERSTORE_EMPTY_NAMESPACES_KEPT = timedelta(days=env.number("LAYERSTORE_EMPTY_NAMESPACES_KEPT_DAYS", 90))
LAYERSTORE_MAIL_KEPT = timedelta(days=env.number("LAYERSTORE_MAIL_KEPT_DAYS", 90))
LAYERSTORE_ENDED_TOKENS_KEPT = timedelta(days=env.number("LAYERSTORE_ENDED_TOKENS_KEPT_DAYS", 180))
LAYERSTORE_MAILBOX_URL = env.text("LAYERSTORE_MAILBOX_URL", "")
LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=env.number("LAYERSTORE_PULL_TOKEN_SECONDS", 300))
LAYERSTORE_PUSH_TOKEN_LIFETIME = timedelta(seconds=env.number("LAYERSTORE_PUSH_TOKEN_SECONDS", 1800))
LAYERSTORE_TOKEN_LEEWAY = timedelta(seconds=60)  # the registry's own: 60 s both ways
LAYERSTORE_RESERVATION_LIFETIME = timedelta(days=env.number("LAYERSTORE_RESERVATION_DAYS", 30))
LAYERSTORE_RESERVATION_WARNING = timedelta(days=env.number("LAYERSTORE_RESERVATION_WARNING_DAYS", 7))
LAYERSTORE_NAMESPACES_PER_SELLER = env.number("LAYERSTORE_NAMESPACES_PER_SELLER", 1)
LAYERSTORE_IMAGES_PER_NAMESPACE = env.number("LAYERSTORE_IMAGES_PER_NAMESPACE", 50)
LAYERSTORE_TOKENS_PER_USER = env.number("LAYERSTORE_TOKENS_PER_USER", 100)
LAYERSTORE_ORGANISATIONS_PER_USER = env.number("LAYERSTORE_ORGANISATIONS_PER_USER", 10)
LAYERSTORE_MEMBERS_PER_ORGANISATION = env.number("LAYERSTORE_MEMBERS_PER_ORGANISATION", 500)
LAYERSTORE_RATE_LIMITS = "config.rate_limits.ACTS"
LAYERSTORE_RATE_LIMITED_ROUTES = "config.rate_limits.ROUTES"
LAYERSTORE_APPLICATION_FEE_PERCENT = env.number("LAYERSTORE_APPLICATION_FEE_PERCENT", 10)
LAYERSTORE_STAFF_MAIL = env.words("LAYERSTORE_STAFF_MAIL", "")
LAYERSTORE_CURRENCIES = env.words("LAYERSTORE_CURRENCIES", "eur,usd,gbp,chf,jpy")
LAYERSTORE_SMALLEST_PRICES = env.amounts("LAYERSTORE_SMALLEST_PRICES")

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "")  # only the sandbox sets it
LAYERSTORE_STRIPE_COUNTRY = env.text("LAYERSTORE_STRIPE_COUNTRY", "").upper()
STRIPE_LIVEMODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))

SECRET_KEY = env.text("LAYERSTORE_SECRET_KEY")
DEBUG = False
LAYERSTORE_PRODUCTION = False  # settings/production.py: config.checks then refuses what is unsafe
ALLOWED_HOSTS = env.words("LAYERSTORE_ALLOWED_HOSTS", urlsplit(LAYERSTORE_PUBLIC_URL).hostname or "127.0.0.1")
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
    "common.web.client.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.web.request_checks.ReadableRequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.sign_in.middleware.StaffDoorMiddleware",
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
                "links": "common.web.templatetags.links",
            },
        },
    },
]

DATABASES = {"default": env.database("LAYERSTORE_DATABASE_URL")}
# Of web and inner. The token process has a limit in its own settings, each lane of the worker in config/jobs.py, a command none.
LAYERSTORE_STATEMENT_SECONDS = env.number("LAYERSTORE_STATEMENT_SECONDS", 8)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("LAYERSTORE_REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "common.ops.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "layerstore",
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    },
}
# Sessions are in PostgreSQL: an emptied Redis signs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "layerstore_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "layerstore_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "common.web.pages.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "visibility_timeout": 600,
    "max_retries": 0,  # who queues does not wait for Redis to come back: the sweep does
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged as it starts: what a dead worker leaves behind has a row, and a sweep finds it sooner than Redis would give it back.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True  # each lane's, by its name
CELERY_TASK_ROUTES = ["config.celery.lane_of"]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.backends.EmailOrUsernameBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/library/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.sign_in.forms.SignUpForm"}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before addresses change: who finds a browser open does not take the account
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_EMAIL_NOTIFICATIONS = True
# allauth's own defaults, written out so that docs/operations.md can be compared with them.
ACCOUNT_RATE_LIMITS = {
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reset_password": "20/m/ip,5/m/key",
    "reauthenticate": "10/m/user",
    "reset_password_from_key": "20/m/ip",
    "signup": "20/m/ip",
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "confirm_email": "1/180s/key",
}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(LAYERSTORE_PUBLIC_URL).scheme
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.sign_in.passkeys.AddKeyForm",
    "edit_webauthn": "accounts.sign_in.passkeys.EditKeyForm",
    "login_webauthn": "accounts.sign_in.passkeys.LoginKeyForm",
    "authenticate_webauthn": "accounts.sign_in.passkeys.ShowKeyForm",
    "reauthenticate_webauthn": "accounts.sign_in.passkeys.ReauthenticateKeyForm",
}
MFA_TOTP_ISSUER = "Layerstore"

for _setting, _value in env.email("LAYERSTORE_EMAIL_URL", "smtp://127.0.0.1:25").items():
    globals()[_setting] = _value
DEFAULT_FROM_EMAIL = env.text("LAYERSTORE_MAIL_FROM", f"Layerstore <no-reply@{urlsplit(LAYERSTORE_PUBLIC_URL).hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Chromium stops POST → 303 → Checkout unless form-action names the host that the redirect ends at.
STRIPE_FORM_HOSTS = (
    [env.text("LAYERSTORE_SANDBOX_URL", STRIPE_API_BASE)]
    if STRIPE_API_BASE
    else ["https://checkout.stripe.com", "https://connect.stripe.com"]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *STRIPE_FORM_HOSTS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [LAYERSTORE_PUBLIC_URL]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LAYERSTORE_API_RATES = {"user": env.text("LAYERSTORE_API_RATE", "600/min"), "anon": "60/min"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.authentication.AccessTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.ReadableJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.AnonRateThrottle",
        "common.web.throttling.RateLimitThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": LAYERSTORE_API_RATES,
    "EXCEPTION_HANDLER": "common.api.problems.problem_details",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": 1,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Layerstore",
    "DESCRIPTION": "Reserve a name, push, publish, sell and pull Docker images. Authenticate with an access token of scope `api`.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ProductStateEnum": "marketplace.products.models.Product.State",
        "OrderStateEnum": "billing.orders.models.Order.State",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "common.api.schema.document_problems"],
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("LAYERSTORE_STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "common.web.css.BundleFinder",
]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("LAYERSTORE_MEDIA_ROOT", str(BASE_DIR / "var" / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# Each is a request that Django refuses with 400 (Django, "Security", SuspiciousOperation): a filter of a logger is not its children's.
_REFUSED_BY_DJANGO = (
    *("SuspiciousOperation", "SuspiciousMultipartForm", "SuspiciousFileOperation", "SuspiciousSession", "InvalidSessionKey"),
    *("DisallowedHost", "DisallowedRedirect", "TooManyFieldsSent", "TooManyFilesSent", "RequestDataTooBig"),
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "common.ops.logging.RedactSecrets"}, "wake_nobody": {"()": "common.ops.logging.WakeNobody"}},
    "formatters": {"json": {"()": "common.ops.logging.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["redact"], "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        **{f"django.security.{name}": {"filters": ["wake_nobody"]} for name in _REFUSED_BY_DJANGO},
    },
}
