"""Every setting that a machine decides, each declared once: its variable, its type, its default and what the manual says of it.

`config.settings` reads them, and nothing else reads the environment. `manage.py document_settings` writes their table into
docs/operations.md; docker-compose.yml passes them on (a test compares).
"""

from typing import Any

from config.variables import Variable, amounts, currencies, database, email, listener, number, one_of, text, url, words

PUBLIC_URL = Variable(
    "LAYERSTORE_PUBLIC_URL",
    url,
    "http://127.0.0.1:8080",
    "The one address: `https://shop.example.com`, no path. Links, image names and the token realm are made from it, not from the Host",
    manual_default="*required*",
)
SECRET_KEY = Variable(
    "LAYERSTORE_SECRET_KEY", text, None, "Signs sessions and links in mails. At least 32 characters: `openssl rand -hex 32`"
)
TOKEN_KEYS = Variable(
    "LAYERSTORE_TOKEN_KEYS",
    words,
    None,
    "Hash keys of access tokens, comma list: the first makes tokens, all verify them. Losing them ends every access token",
)
EVENTS_SECRET = Variable(
    "LAYERSTORE_EVENTS_SECRET", text, None, "The credential by which the registry sends its notifications to the inner listener"
)
EVENTS = Variable(
    "LAYERSTORE_EVENTS",
    one_of("postgresql", "kafka"),
    "postgresql",
    "What carries the registry's notifications; `kafka` for many registries: [The event stream](#the-event-stream)",
)
KAFKA = Variable("LAYERSTORE_KAFKA", words, "", "Kafka's brokers, comma list of `host:port`; required with `LAYERSTORE_EVENTS=kafka`")
KAFKA_TOPIC = Variable(
    "LAYERSTORE_KAFKA_TOPIC", text, "registry-events", "The topic; what cannot be applied goes to the topic of this name with `-dead` added"
)
KAFKA_PARTITIONS = Variable(
    "LAYERSTORE_KAFKA_PARTITIONS", number, "12", "Partitions of a topic that is missing and made; no more consumers than these have work"
)
KAFKA_REPLICAS = Variable("LAYERSTORE_KAFKA_REPLICAS", number, "3", "On how many brokers such a topic is kept")
KAFKA_SECURITY = Variable(
    "LAYERSTORE_KAFKA_SECURITY",
    one_of("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),  # librdkafka's own names
    "plaintext",
    "How brokers are spoken to: `plaintext`, `ssl`, `sasl_plaintext`, `sasl_ssl`",
)
KAFKA_CA_FILE = Variable("LAYERSTORE_KAFKA_CA_FILE", text, "", "Whom to trust with TLS, a PEM file; empty: the system's authorities")
KAFKA_SASL_MECHANISM = Variable(
    "LAYERSTORE_KAFKA_SASL_MECHANISM",
    one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "SCRAM-SHA-512",
    "How we sign in with `sasl_…`: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`",
)
KAFKA_USER = Variable("LAYERSTORE_KAFKA_USER", text, "", "As whom we sign in with `sasl_…`")
KAFKA_PASSWORD = Variable("LAYERSTORE_KAFKA_PASSWORD", text, "", "The password for that")
DATABASE_URL = Variable(
    "LAYERSTORE_DATABASE_URL",
    database,
    None,
    "`postgresql://user:password@host/name`; a socket by `?host=/directory`",
    manual_default="*required*, compose sets it",
)
DATABASE_POOLING = Variable(
    "LAYERSTORE_DATABASE_POOLING",
    one_of("session", "transaction"),  # PgBouncer's own words
    "session",
    "`transaction` if a pooler hands out PostgreSQL's sessions for one transaction each: see [below](#pgbouncer)",
)
STATEMENT_SECONDS = Variable(
    "LAYERSTORE_STATEMENT_SECONDS",
    number,
    "8",
    "How long a statement of a page, the API or the inner listener may take. [Each process has its limit](#how-long-anything-may-take)",
)
REDIS_URL = Variable(
    "LAYERSTORE_REDIS_URL", text, None, "`redis://host:6379/0` or `unix:///path`", manual_default="*required*, compose sets it"
)
LEASES = Variable(
    "LAYERSTORE_LEASES",
    one_of("postgresql", "dynamodb"),
    "postgresql",
    "Where periodic jobs take their leases. `dynamodb` needs a table: [see below](#leases-in-dynamodb)",
)
LEASES_TABLE = Variable("LAYERSTORE_LEASES_TABLE", text, "layerstore-leases", "The table of leases in DynamoDB")
LEASES_REGION = Variable(
    "LAYERSTORE_LEASES_REGION", text, "", "Its region: `eu-central-1`. Empty: where AWS's SDK finds one (`AWS_DEFAULT_REGION`)"
)
LEASES_ENDPOINT = Variable("LAYERSTORE_LEASES_ENDPOINT", url, "", "Its address, where that is not AWS's own of the region")
STRIPE_SECRET_KEY = Variable(
    "STRIPE_SECRET_KEY", text, "", "`sk_live_…` or a restricted `rk_live_…`; a test key works and warns", manual_default="*required*"
)
STRIPE_WEBHOOK_SECRET = Variable(
    "STRIPE_WEBHOOK_SECRET",
    text,
    "",
    "`whsec_…` of the webhook endpoint; the old and the new one while it is replaced",
    manual_default="*required*",
)
STRIPE_CONNECT_WEBHOOK_SECRET = Variable(
    "STRIPE_CONNECT_WEBHOOK_SECRET",
    text,
    "",
    "The same of the endpoint for connected accounts. Empty: the first one takes their events as well",
)
WEBHOOK_ALERT_MINUTES = Variable("LAYERSTORE_WEBHOOK_ALERT_MINUTES", number, "10", "How long a webhook may wait before staff are alarmed")
SUBSCRIPTION_GRACE_DAYS = Variable(
    "LAYERSTORE_SUBSCRIPTION_GRACE_DAYS",
    number,
    "7",
    "How long a subscription lets pull after its last paid period",
)
PRICE_NOTICE_DAYS = Variable(
    "LAYERSTORE_PRICE_NOTICE_DAYS",
    number,
    "30",
    "How long before a renewal those are told who will pay more by a new price of their subscription",
)
STRIPE_COUNTRY = Variable(
    "LAYERSTORE_STRIPE_COUNTRY",
    str.upper,
    "",
    "Where your Stripe account is, two letters (`DE`). Sellers of other regions need it: [see below](#sellers-in-other-countries)",
)
STRIPE_API_BASE = Variable("STRIPE_API_BASE", text, "", "Only the sandbox sets it; production refuses to start with it")
EMAIL_URL = Variable(
    "LAYERSTORE_EMAIL_URL",
    email,
    "smtp://127.0.0.1:25",
    "`smtp://`, `smtps://` or `smtp+tls://user:password@host:port`; required with compose",
)
MAIL_FROM = Variable("LAYERSTORE_MAIL_FROM", text, None, "Sender of all mail", manual_default="`no-reply@` the public host")
ALLOWED_HOSTS = Variable(
    "LAYERSTORE_ALLOWED_HOSTS", words, None, "Comma list of Host headers; no wildcard in production", manual_default="the public host"
)
HSTS_SUBDOMAINS = Variable("LAYERSTORE_HSTS_SUBDOMAINS", text, "no", "`yes` extends HSTS to all subdomains")
SERVICE = Variable(
    "LAYERSTORE_SERVICE", text, "layerstore", "`service` and `aud` of registry tokens; the same in the registry's configuration"
)
KEYS_DIR = Variable("LAYERSTORE_KEYS_DIR", text, None, "Directory of the signing keys", manual_default="`var/keys`")
REGISTRY_URL = Variable("LAYERSTORE_REGISTRY_URL", url, "http://127.0.0.1:9080", "The registry's inner address")
REGISTRY_TRUST = Variable(
    "LAYERSTORE_REGISTRY_TRUST",
    one_of("rootcertbundle", "jwks"),  # the registry's own names
    "rootcertbundle",
    "`jwks` if the registries know each key from a file: see [below](#registries-with-a-jwks-file)",
)
TOKEN_URL = Variable(
    "LAYERSTORE_TOKEN_URL",
    url,
    None,
    "Where the worker and `/readyz` reach the token process",
    manual_default="the public address, compose sets its own",
)
TRACES = Variable(
    "LAYERSTORE_TRACES", text, "", "Where traces go: an OpenTelemetry collector's `http://host:4318/v1/traces`. Empty: nothing is traced"
)
TRACES_PERCENT = Variable("LAYERSTORE_TRACES_PERCENT", number, "5", "Which part of all traces is kept")
METRICS_PORT = Variable(
    "LAYERSTORE_METRICS_PORT",
    listener,
    "0",
    "Where each process serves `/metrics`, for containers: [see below](#metrics). A port alone is on 127.0.0.1;"
    " 0: nowhere but on the inner listener",
)
MEDIA_ROOT = Variable("LAYERSTORE_MEDIA_ROOT", text, None, "Pictures of products; nginx serves them", manual_default="`var/media`")
MEDIA_BUCKET = Variable("LAYERSTORE_MEDIA_BUCKET", text, "", "S3 bucket for pictures instead of files: see [below](#pictures-in-a-bucket)")
STATIC_ROOT = Variable("LAYERSTORE_STATIC_ROOT", text, None, "Collected static files; nginx serves them", manual_default="`var/static`")
APPLICATION_FEE_PERCENT = Variable("LAYERSTORE_APPLICATION_FEE_PERCENT", number, "10", "The shop's part of each sale")
UNPULLED_REFUND_DAYS = Variable(
    "LAYERSTORE_UNPULLED_REFUND_DAYS",
    number,
    "14",
    "Within so many days of the payment buyers give a purchase back by themselves while nothing was pulled. 0: they ask the seller",
)
STAFF_MAIL = Variable(
    "LAYERSTORE_STAFF_MAIL",
    words,
    "",
    "Where staff are told of disputes, comma list. Empty: every active member of staff who may change orders",
)
SHOP_CURRENCIES = Variable(
    "LAYERSTORE_CURRENCIES",
    currencies,
    "eur,usd,gbp,chf,jpy",
    "The currencies that sellers may price in, of those in `common/currencies.py`; another one is refused at the start",
)
SMALLEST_PRICES = Variable(
    "LAYERSTORE_SMALLEST_PRICES",
    amounts,
    "",
    "The lowest price that is not free, in minor units: `eur:300,jpy:500`. See [Prices](#prices)",
    manual_default="about three euros in each currency",
)
STRIPE_TAX = Variable(
    "LAYERSTORE_STRIPE_TAX",
    text,
    "no",
    "`yes`: Stripe Tax works out the tax in each price; buyers give address and VAT id there. See [Tax and invoices](#tax-and-invoices)",
)
PULL_TOKEN_SECONDS = Variable(
    "LAYERSTORE_PULL_TOKEN_SECONDS", number, "300", "Life of a pull token. A refund ends pull access within this + 60 s"
)
PUSH_TOKEN_SECONDS = Variable(
    "LAYERSTORE_PUSH_TOKEN_SECONDS", number, "1800", "Life of a push token. A suspension ends push access within this + 60 s"
)
RESERVATION_DAYS = Variable("LAYERSTORE_RESERVATION_DAYS", number, "30", "A name that nothing is pushed to ends after this")
RESERVATION_WARNING_DAYS = Variable("LAYERSTORE_RESERVATION_WARNING_DAYS", number, "7", "How long before the end its owner gets a mail")
AUDIT_ADDRESSES_KEPT_DAYS = Variable(
    "LAYERSTORE_AUDIT_ADDRESSES_KEPT_DAYS",
    number,
    "90",
    "How long the audit trail keeps the network address from which an act came. The act itself stays",
)
UNVERIFIED_ACCOUNTS_KEPT_DAYS = Variable(
    "LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT_DAYS",
    number,
    "7",
    "An account that never signed in, whose address was not confirmed, is deleted after this; its user name can be chosen again",
)
EMPTY_NAMESPACES_KEPT_DAYS = Variable(
    "LAYERSTORE_EMPTY_NAMESPACES_KEPT_DAYS",
    number,
    "90",
    "A namespace without products, in which nothing is reserved and to which nothing was ever pushed, can be chosen again after this",
)
MAIL_KEPT_DAYS = Variable(
    "LAYERSTORE_MAIL_KEPT_DAYS",
    number,
    "90",
    "How long we keep mails and the address they went to; the text goes when they are sent. Invitations that nobody accepted stay as long",
)
ENDED_TOKENS_KEPT_DAYS = Variable(
    "LAYERSTORE_ENDED_TOKENS_KEPT_DAYS", number, "180", "How long access tokens and robots are listed after they ended or were revoked"
)
BUYER_PULLS_KEPT_DAYS = Variable(
    "LAYERSTORE_BUYER_PULLS_KEPT_DAYS",
    number,
    "180",
    "How long we keep from which address and with which client buyers pulled what they bought: evidence if a bank asks for the money",
)
EVENTS_KEPT_DAYS = Variable(
    "LAYERSTORE_EVENTS_KEPT_DAYS",
    number,
    "7",
    "How long applied notifications of the registry are kept, and the ids by which a repeated one is recognised",
)
NAMESPACES_PER_SELLER = Variable("LAYERSTORE_NAMESPACES_PER_SELLER", number, "1", "Quota of new sellers")
MEGABYTES_PER_SELLER = Variable(
    "LAYERSTORE_MEGABYTES_PER_SELLER",
    number,
    "50000",
    "How much each seller may store in the registry, unless staff give them another quota. [What counts](#what-a-seller-can-fill)",
)
IMAGES_PER_NAMESPACE = Variable("LAYERSTORE_IMAGES_PER_NAMESPACE", number, "50", "Quota of new namespaces")
TOKENS_PER_USER = Variable("LAYERSTORE_TOKENS_PER_USER", number, "100", "Live access tokens of one user, pull credentials among them")
ORGANISATIONS_PER_USER = Variable(
    "LAYERSTORE_ORGANISATIONS_PER_USER", number, "10", "Somebody who owns this many organisations cannot make another"
)
MEMBERS_PER_ORGANISATION = Variable("LAYERSTORE_MEMBERS_PER_ORGANISATION", number, "500", "Members of one organisation")
API_RATE = Variable("LAYERSTORE_API_RATE", text, "600/min", "Requests to the API for each user")
MAILBOX_URL = Variable("LAYERSTORE_MAILBOX_URL", text, "", "Only a demo has it: the mailbox page")
SANDBOX_URL = Variable("LAYERSTORE_SANDBOX_URL", text, "", "Only a demo has it: where browsers reach the sandbox")


def declared() -> dict[str, Variable[Any]]:
    """Return all variables by the names that they have in this module, in its order."""
    return {name: value for name, value in globals().items() if isinstance(value, Variable)}
