"""The whole sale where registry events go through Kafka: pages, tags and counts are the same."""

from collections.abc import Iterator

import pytest

from tests.support.stack import running_stack
from tests.support.trade import Trade, eventually, silent
from tools.bench.mock_kafka import MockKafka

COUNTED = """
SELECT counted.tag, account.name, counted.count, image.pull_count FROM marketplace_pullcount counted
  JOIN marketplace_image image ON image.id = counted.image_id
  LEFT JOIN accounts_account account ON account.id = counted.buyer_id WHERE image.repository = '{repository}'
"""
TOPIC = "sale"


@pytest.fixture(scope="module")
def streamed_trade(kafka_cluster: MockKafka) -> Iterator[Trade]:
    kafka_cluster.create_topic(TOPIC, partitions=4)
    kafka_cluster.create_topic(f"{TOPIC}-dead", partitions=1)
    switched = {"LAYERSTORE_EVENTS": "kafka", "LAYERSTORE_KAFKA": kafka_cluster.servers, "LAYERSTORE_KAFKA_TOPIC": TOPIC}
    with running_stack(with_docker=False, settings=switched) as live:
        trade = Trade(live)
        yield trade
        trade.close()


def test_a_sale_from_reserve_to_pull_through_the_event_stream(streamed_trade: Trade) -> None:
    trade, stack = streamed_trade, streamed_trade.stack
    seller, buyer = trade.seller("streamed"), trade.person()
    sold = trade.sell(seller, trade.good("streamed", "db"))
    trade.buy(buyer, sold)

    pulled = trade.skopeo(buyer).pull(sold.reference, silent)

    assert pulled == sold.digests[0]
    eventually(lambda: stack.sql(COUNTED.format(repository=sold.repository)), "the count of the pull")
    assert stack.sql(COUNTED.format(repository=sold.repository)) == [f"1.0|{buyer.username}|1|1"]
    assert stack.sql("SELECT count(*) FROM registry_auth_registryenvelope") == ["0"]
    assert int(stack.sql("SELECT sum(next_offset) FROM registry_auth_streampartition")[0]) >= 2
