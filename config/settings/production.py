"""A shop on the internet. Whatever is missing or unsafe is named and refused before the first request (`manage.py check --deploy`)."""

from config import env
from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

LAYERSTORE_PRODUCTION = True
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = True
STRIPE_SECRET_KEY = env.STRIPE_SECRET_KEY.required()
STRIPE_WEBHOOK_SECRET = env.STRIPE_WEBHOOK_SECRET.required()
LAYERSTORE_PUBLIC_URL = env.PUBLIC_URL.required()
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = False  # the edge redirects; health checks inside speak plain HTTP
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.HSTS_SUBDOMAINS.read() == "yes"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-layerstore_session"
CSRF_COOKIE_NAME = "__Host-layerstore_csrf"
