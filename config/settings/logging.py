"""One JSON object a line on standard error, without secrets."""

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
