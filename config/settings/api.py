"""The REST API and its description."""

from config import env

LAYERSTORE_API_RATES = {"user": env.API_RATE.read()}
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
        "DocumentKindEnum": "billing.invoices.models.Document.Kind",
        "PriceKindEnum": "marketplace.products.models.Price.Kind",
        "ReportKindEnum": "marketplace.moderation.models.Report.Kind",
        "RefundStateEnum": "billing.refunds.models.Refund.State",
        "ReportStateEnum": "marketplace.moderation.models.Report.State",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "common.api.schema.document_problems"],
}
