"""Where a measurement of the event stream finds its brokers."""

from confluent_kafka.admin import AdminClient

from tools.bench.event_stream import PARTITIONS, brokers
from tools.bench.mock_kafka import MockKafka


def test_without_brokers_there_is_a_cluster_with_the_topics() -> None:
    with brokers(None, "measured") as settings:
        topics = AdminClient({"bootstrap.servers": settings["LAYERSTORE_KAFKA"]}).list_topics(timeout=20).topics

        assert {name: len(topic.partitions) for name, topic in topics.items()} == {"measured": PARTITIONS, "measured-dead": 1}


def test_brokers_that_were_named_are_used_and_what_stays_there_is_said(kafka: MockKafka, capsys) -> None:
    with brokers(kafka.servers, "theirs") as settings:
        assert settings == {"LAYERSTORE_KAFKA": kafka.servers, "LAYERSTORE_KAFKA_REPLICAS": "3"}

    assert "theirs and theirs-dead are made there, and stay" in capsys.readouterr().out
