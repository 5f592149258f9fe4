"""A small shop and searches in it, with what a person who knows the field would want to see first: data, and the measure NDCG@5."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple


class Shelved(NamedTuple):
    """A product of the judged shop. Its slug is also the name of its image."""

    slug: str
    title: str
    summary: str
    category: str
    pulls: int
    description: str = ""


SHOP: Final = (
    Shelved(
        "postgres-ha", "Postgres HA", "A PostgreSQL cluster that fails over by itself.", "databases", 91_000, "Patroni, backups to S3."
    ),
    Shelved("postgres-backup", "Nightly Postgres backups", "Dumps every database and proves that it can be restored.", "databases", 12_000),
    Shelved("pgbouncer", "PgBouncer, tuned", "A connection pooler for Postgres with metrics.", "databases", 40_000),
    Shelved("timescale", "Timescale box", "A time series database on PostgreSQL.", "databases", 22_000),
    Shelved("mysql-steady", "MySQL steady", "MySQL with group replication and sane defaults.", "databases", 52_000),
    Shelved("mariadb-lts", "MariaDB long term", "MariaDB with security fixes for ten years.", "databases", 31_000),
    Shelved("mongo-sharded", "Sharded MongoDB", "A document database in three shards.", "databases", 18_000),
    Shelved(
        "redis", "Redis steady", "An in-memory cache that survives restarts.", "databases", 99_000, "Key-value store, streams, pub/sub."
    ),
    Shelved("redis-exporter", "Redis exporter", "Prometheus metrics of Redis.", "observability", 9_000),
    Shelved("valkey", "Valkey cluster", "A key-value store, compatible with Redis.", "databases", 15_000),
    Shelved("clickhouse", "ClickHouse analytics", "A column store for analytics on billions of rows.", "databases", 27_000),
    Shelved("kafka", "Kafka without ZooKeeper", "An event stream in KRaft mode, ready in a minute.", "data", 64_000),
    Shelved("kafka-ui", "Kafka console", "Look at topics, consumers and lag of Kafka in a browser.", "data", 14_000),
    Shelved("rabbitmq", "RabbitMQ quorum", "A message queue with quorum queues and TLS.", "data", 35_000),
    Shelved("nats", "NATS JetStream", "Light messaging and streaming between services.", "data", 11_000),
    Shelved("airflow", "Airflow for teams", "Schedules data pipelines, with workers that scale.", "data", 19_000),
    Shelved(
        "traefik", "Traefik edge", "A reverse proxy that finds your containers.", "networking", 70_000, "Let's Encrypt, Kubernetes ingress."
    ),
    Shelved("nginx-hard", "Hardened nginx", "A web server without root, shell and surprises.", "web", 88_000),
    Shelved("haproxy", "HAProxy balancer", "A load balancer with health checks and a dashboard.", "networking", 33_000),
    Shelved("wireguard", "WireGuard gateway", "A VPN for the whole office.", "networking", 25_000),
    Shelved("coredns", "CoreDNS filter", "A DNS server that blocks trackers.", "networking", 8_000),
    Shelved("k8s-dashboard", "Kubernetes dashboard", "See clusters, pods and their logs.", "developer-tools", 42_000),
    Shelved(
        "kube-backup", "Cluster backups for Kubernetes", "Snapshots of volumes and objects, restored elsewhere.", "developer-tools", 7_000
    ),
    Shelved("argo-lite", "Argo Lite", "Deploys to Kubernetes what stands in git.", "developer-tools", 16_000),
    Shelved("prometheus", "Prometheus long term", "Metrics kept for years, with down-sampling.", "observability", 58_000),
    Shelved("grafana-boards", "Grafana boards", "Forty dashboards for metrics, ready made.", "observability", 61_000),
    Shelved("loki", "Loki log store", "Keeps logs for cents, searches them in seconds.", "observability", 24_000),
    Shelved("jaeger", "Jaeger traces", "Distributed tracing with OpenTelemetry.", "observability", 13_000),
    Shelved("vault", "Vault sealed", "Secrets, certificates and keys for services.", "security", 37_000),
    Shelved("keycloak", "Keycloak ready", "Single sign-on: OpenID Connect and SAML.", "security", 45_000),
    Shelved("trivy-server", "Trivy server", "Scans images for vulnerabilities.", "security", 20_000),
    Shelved("clamav", "ClamAV daemon", "A virus scanner with fresh signatures each hour.", "security", 6_000),
    Shelved(
        "ollama", "Local models", "Runs large language models on your own machine.", "ai", 77_000, "Llama, Mistral, an API like OpenAI's."
    ),
    Shelved("vllm", "vLLM inference", "Serves language models fast on GPUs.", "ai", 29_000),
    Shelved("whisper", "Whisper transcripts", "Turns speech into text, in ninety languages.", "ai", 17_000),
    Shelved("qdrant", "Qdrant vectors", "A vector database for semantic search.", "ai", 23_000),
    Shelved("stable-diffusion", "Picture maker", "Draws pictures from words with Stable Diffusion.", "ai", 21_000),
    Shelved("wordpress-fast", "WordPress, fast", "A blog with cache and image optimisation.", "web", 49_000),
    Shelved("ghost", "Ghost publishing", "Newsletters and a blog for writers.", "web", 18_500),
    Shelved("nextcloud", "Nextcloud office", "Files, calendars and documents of a team.", "web", 54_000),
    Shelved("minio", "MinIO object storage", "Object storage that speaks S3.", "data", 47_000),
    Shelved("gitea", "Gitea forge", "A git server with issues and a registry.", "developer-tools", 38_000),
    Shelved("drone", "Drone runner", "Continuous integration in containers.", "developer-tools", 9_500),
    Shelved("jenkins-lts", "Jenkins LTS", "Build server with the plugins that people need.", "developer-tools", 44_000),
    Shelved("python-slim", "Python, slim", "A base image of Python without a shell.", "base-images", 83_000),
    Shelved("node-slim", "Node.js, slim", "A base image for JavaScript services.", "base-images", 80_000),
    Shelved("golang-build", "Go build box", "Compilers and linters for Go.", "base-images", 26_000),
    Shelved("debian-minimal", "Minimal Debian", "Debian in 20 MB, signed.", "base-images", 66_000),
    Shelved("elasticsearch", "Elasticsearch node", "Full text search and analytics.", "data", 41_000),
    Shelved("opensearch", "OpenSearch stack", "Search and dashboards, compatible with Elasticsearch.", "data", 19_500),
)
# 3: exactly this; 2: surely wanted; 1: a good thought. What is not named is worth nothing.
JUDGED: Final[Mapping[str, Mapping[str, int]]] = {
    "postgres": {"postgres-ha": 3, "postgres-backup": 2, "pgbouncer": 2, "timescale": 1},
    "postgresql": {"postgres-ha": 3, "timescale": 2, "postgres-backup": 2, "pgbouncer": 1},
    "pg": {"postgres-ha": 3, "postgres-backup": 2, "pgbouncer": 2, "timescale": 1},
    "postgras": {"postgres-ha": 3, "postgres-backup": 2, "pgbouncer": 2, "timescale": 1},
    "postg": {"postgres-ha": 3, "postgres-backup": 2, "pgbouncer": 2, "timescale": 1},
    "postgres backup": {"postgres-backup": 3},
    "connection pooler": {"pgbouncer": 3},
    "pgbouncr": {"pgbouncer": 3},
    "time series": {"timescale": 3},
    "mysql": {"mysql-steady": 3},
    "mysqll": {"mysql-steady": 3},
    "mariadb": {"mariadb-lts": 3},
    "mongo": {"mongo-sharded": 3},
    "mongodb": {"mongo-sharded": 3},
    "document database": {"mongo-sharded": 3},
    "redis": {"redis": 3, "redis-exporter": 2, "valkey": 1},
    "reids": {"redis": 3, "redis-exporter": 2, "valkey": 1},
    "redis metrics": {"redis-exporter": 3},
    "key-value store": {"valkey": 3, "redis": 2},
    "cache": {"redis": 3, "wordpress-fast": 1},
    "kafka": {"kafka": 3, "kafka-ui": 2},
    "kafak": {"kafka": 3, "kafka-ui": 2},
    "message queue": {"rabbitmq": 3},
    "rabbit": {"rabbitmq": 3},
    "reverse proxy": {"traefik": 3},
    "nginx": {"nginx-hard": 3},
    "web server": {"nginx-hard": 3},
    "load balancer": {"haproxy": 3},
    "vpn": {"wireguard": 3},
    "dns": {"coredns": 3},
    "k8s": {"k8s-dashboard": 3, "kube-backup": 3, "argo-lite": 2, "traefik": 1},
    "kubernetes": {"k8s-dashboard": 3, "kube-backup": 3, "argo-lite": 2, "traefik": 1},
    "kubernets": {"k8s-dashboard": 3, "kube-backup": 3, "argo-lite": 2, "traefik": 1},
    "kubernetes backup": {"kube-backup": 3},
    "dashboard": {"k8s-dashboard": 3, "grafana-boards": 2, "haproxy": 1, "opensearch": 1},
    "metrics": {"prometheus": 3, "grafana-boards": 2, "redis-exporter": 2, "pgbouncer": 1},
    "logs": {"loki": 3, "k8s-dashboard": 2},
    "tracing": {"jaeger": 3},
    "secrets": {"vault": 3},
    "single sign-on": {"keycloak": 3},
    "vulnerabilities": {"trivy-server": 3},
    "language models": {"ollama": 3, "vllm": 3},
    "speech to text": {"whisper": 3},
    "vector database": {"qdrant": 3},
    "blog": {"wordpress-fast": 3, "ghost": 3},
    "wordpres": {"wordpress-fast": 3},
    "object storage": {"minio": 3},
    "s3": {"minio": 3, "postgres-ha": 1},
    "git": {"gitea": 3, "argo-lite": 2},
    "js": {"node-slim": 3},
    "python": {"python-slim": 3},
    "golang": {"golang-build": 3},
    "elastic": {"elasticsearch": 3, "opensearch": 2},
    "database": {"mongo-sharded": 2, "timescale": 2, "qdrant": 2, "postgres-backup": 2},
    "docker pull judged/vault:1.0": {"vault": 3},
    "judged/kafka": {"kafka": 3, "kafka-ui": 2},
}


def ndcg(found: Sequence[str], judged: Mapping[str, int], *, at: int = 5) -> float:
    """Return how much of the best possible order the first few places have, 0 to 1 (Järvelin and Kekäläinen 2002, gain 2^grade - 1)."""

    def gain(grades: Sequence[int]) -> float:
        return sum((2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:at]))

    return gain([judged.get(slug, 0) for slug in found]) / gain(sorted(judged.values(), reverse=True))
