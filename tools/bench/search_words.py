"""Words that people call and describe images by, the likelier first."""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SOFTWARE: Final = _words("""
    postgres nginx redis mysql python node mongodb kafka elasticsearch grafana prometheus wordpress traefik rabbitmq mariadb keycloak
    jenkins gitea minio vault ollama nextcloud haproxy airflow consul jaeger loki clickhouse superset metabase spark flink nats
    mosquitto influxdb timescale cassandra couchdb neo4j memcached varnish caddy apache tomcat jetty golang rust java ruby php perl
    erlang elixir debian alpine ubuntu fedora busybox wireguard openvpn coredns bind unbound dnsmasq fluentd logstash kibana filebeat
    telegraf zabbix nagios icinga sentry gitlab drone tekton argo flux harbor nexus artifactory sonarqube trivy falco clamav suricata
    snort zeek ghost strapi drupal joomla moodle discourse mattermost rocketchat jitsi matrix synapse mastodon peertube immich
    photoprism jellyfin plex homeassistant nodered zigbee whisper llama mistral vllm triton pytorch tensorflow jupyter mlflow qdrant
    weaviate milvus chroma
""")
FORMS: Final = _words("""
    cluster server operator exporter backup proxy gateway console dashboard agent runner worker sidecar toolkit stack edition bundle
    controller scheduler monitor replica cache store builder scanner bridge connector collector archive sandbox playground mirror
    relay hub
""")
MANNERS: Final = _words("""
    steady hardened minimal tuned fast quiet slim managed secure portable modern simple tiny nightly certified distributed replicated
    encrypted observable scalable friendly reliable enterprise community
""")
PURPOSES: Final = _words("""
    teams developers laptops production clusters offices schools hospitals shops writers analysts researchers edges homes banks
    factories games startups agencies labs
""")
WORDS: Final = _words("""
    runs keeps stores serves watches restores encrypts compresses schedules queues streams replicates balances signs scans builds
    ships tests data logs metrics traces backups secrets certificates keys users groups messages events files pictures documents
    tables indexes queries volumes networks ports images layers containers pods nodes services tenants sessions tokens policies alerts
    reports charts pipelines jobs without with every hour minute night morning week release upgrade downtime failover quorum leader
    follower shard partition snapshot health check probe limit quota memory disk processor kernel driver plugin module library
    protocol standard format schema migration rootless readonly signed verified audited documented supported maintained patched
    licensed measured proven configured prepared automated
""")
SYLLABLES: Final = _words("""
    ba co da el fi ga ho in ju ka lo mi no or pa qui ra so ta ul ve wi xo ya ze
""")
LICENCES: Final = ("", "MIT", "Apache-2.0", "BSD-3-Clause", "AGPL-3.0", "GPL-2.0", "MPL-2.0", "BUSL-1.1", "Commercial", "Seller's terms")
PLATFORMS: Final = (
    ("linux/amd64",),
    ("linux/amd64", "linux/arm64"),
    ("linux/amd64", "linux/arm/v7", "linux/arm64"),
    ("linux/arm64",),
    ("windows/amd64",),
)
