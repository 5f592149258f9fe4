# Variables of the shop's own processes, by the names of config/env.py (tests/deploy compares them).

locals {
  ca_file = "/srv/keys/database-ca.pem"

  environment = merge(
    {
      AWS_DEFAULT_REGION      = var.platform.region
      LAYERSTORE_PUBLIC_URL   = "https://${var.domain}"
      LAYERSTORE_DATABASE_URL = "postgresql://layerstore@${var.database.address}/layerstore?sslmode=verify-full&sslrootcert=${local.ca_file}"
      LAYERSTORE_REGISTRY_URL = "http://registry:5000"
      LAYERSTORE_TOKEN_URL    = "http://token:8000"
      LAYERSTORE_MEDIA_BUCKET = var.buckets.media.name
    },
    local.with_leases,
    local.with_stream,
    var.settings,
  )
  with_leases = { for name, value in { LAYERSTORE_LEASES = "dynamodb", LAYERSTORE_LEASES_TABLE = try(var.leases.name, "") } : name => value if var.leases != null }
  with_stream = { for name, value in {
    LAYERSTORE_EVENTS           = "kafka"
    LAYERSTORE_KAFKA            = try(var.stream.servers, "")
    LAYERSTORE_KAFKA_PARTITIONS = try(tostring(var.stream.partitions), "")
    LAYERSTORE_KAFKA_SECURITY   = "sasl_ssl"
    LAYERSTORE_KAFKA_USER       = try(var.stream.user, "")
  } : name => value if var.stream != null }

  # Every process loads these with its settings; libpq reads PGPASSWORD, since the address has no password.
  secrets_of_all = {
    for name in ["LAYERSTORE_SECRET_KEY", "LAYERSTORE_TOKEN_KEYS", "LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REDIS_URL", "PGPASSWORD"] :
    name => var.secrets[name]
  }
  secrets_of_sales = merge(local.secrets_of_all, {
    for name in ["STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] : name => var.secrets[name]
  })
  secrets_with_mail = merge(local.secrets_of_sales, { LAYERSTORE_EMAIL_URL = var.secrets.LAYERSTORE_EMAIL_URL })

  # The parts that speak with Kafka: the listener, which writes, and the consumers.
  secrets_of_stream = { for name, source in { LAYERSTORE_KAFKA_PASSWORD = try(var.stream.password_secret, "") } : name => source if var.stream != null }

  # What an operator may set beside it, in `settings`.
  free = [
    "LAYERSTORE_ALLOWED_HOSTS",
    "LAYERSTORE_API_RATE",
    "LAYERSTORE_APPLICATION_FEE_PERCENT",
    "LAYERSTORE_AUDIT_ADDRESSES_KEPT_DAYS",
    "LAYERSTORE_BUYER_PULLS_KEPT_DAYS",
    "LAYERSTORE_CURRENCIES",
    "LAYERSTORE_DATABASE_POOLING",
    "LAYERSTORE_EMPTY_NAMESPACES_KEPT_DAYS",
    "LAYERSTORE_ENDED_TOKENS_KEPT_DAYS",
    "LAYERSTORE_EVENTS_KEPT_DAYS",
    "LAYERSTORE_HSTS_SUBDOMAINS",
    "LAYERSTORE_IMAGES_PER_NAMESPACE",
    "LAYERSTORE_KAFKA_CA_FILE",
    "LAYERSTORE_KAFKA_REPLICAS",
    "LAYERSTORE_KAFKA_SASL_MECHANISM",
    "LAYERSTORE_KAFKA_TOPIC",
    "LAYERSTORE_LEASES_ENDPOINT",
    "LAYERSTORE_LEASES_REGION",
    "LAYERSTORE_MAIL_FROM",
    "LAYERSTORE_MAIL_KEPT_DAYS",
    "LAYERSTORE_MEGABYTES_PER_SELLER",
    "LAYERSTORE_MEMBERS_PER_ORGANISATION",
    "LAYERSTORE_METRICS_PORT",
    "LAYERSTORE_NAMESPACES_PER_SELLER",
    "LAYERSTORE_ORGANISATIONS_PER_USER",
    "LAYERSTORE_PRICE_NOTICE_DAYS",
    "LAYERSTORE_PULL_TOKEN_SECONDS",
    "LAYERSTORE_PUSH_TOKEN_SECONDS",
    "LAYERSTORE_REGISTRY_TRUST",
    "LAYERSTORE_RESERVATION_DAYS",
    "LAYERSTORE_RESERVATION_WARNING_DAYS",
    "LAYERSTORE_SERVICE",
    "LAYERSTORE_SMALLEST_PRICES",
    "LAYERSTORE_STAFF_MAIL",
    "LAYERSTORE_STATEMENT_SECONDS",
    "LAYERSTORE_STRIPE_COUNTRY",
    "LAYERSTORE_STRIPE_TAX",
    "LAYERSTORE_SUBSCRIPTION_GRACE_DAYS",
    "LAYERSTORE_TOKENS_PER_USER",
    "LAYERSTORE_TRACES",
    "LAYERSTORE_TRACES_PERCENT",
    "LAYERSTORE_UNPULLED_REFUND_DAYS",
    "LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT_DAYS",
    "LAYERSTORE_WEBHOOK_ALERT_MINUTES",
  ]
}
