"""A shop on the internet. Everything missing or unsafe is refused by name before the first request (`manage.py check --deploy`)."""

from config import env
from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

LAYERSTORE_PRODUCTION = True
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = True
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET")
LAYERSTORE_PUBLIC_URL = env.text("LAYERSTORE_PUBLIC_URL").rstrip("/")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = False  # the edge redirects; health checks inside speak plain HTTP
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.text("LAYERSTORE_HSTS_SUBDOMAINS", "no") == "yes"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-layerstore_session"
CSRF_COOKIE_NAME = "__Host-layerstore_csrf"
