"""Kafka: where it is and how it is spoken to. Nothing reads these unless `LAYERSTORE_EVENTS` is `kafka`."""

from config import env

LAYERSTORE_KAFKA_TOPIC = env.KAFKA_TOPIC.read()
LAYERSTORE_KAFKA_PARTITIONS = env.KAFKA_PARTITIONS.read()
LAYERSTORE_KAFKA_REPLICAS = env.KAFKA_REPLICAS.read()
# Under librdkafka's own names, for every client; what is empty keeps the library's default.
LAYERSTORE_KAFKA = {
    "bootstrap.servers": ",".join(env.KAFKA.read()),
    "security.protocol": env.KAFKA_SECURITY.read(),
    "ssl.ca.location": env.KAFKA_CA_FILE.read(),
    "sasl.mechanism": env.KAFKA_SASL_MECHANISM.read(),
    "sasl.username": env.KAFKA_USER.read(),
    "sasl.password": env.KAFKA_PASSWORD.read(),
}
