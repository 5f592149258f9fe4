"""DynamoDB for tests of leases: the table on a server that speaks its protocol, and a model of it in memory for many interleavings."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tools.bench.lease_table import create_table
from tools.bench.mock_aws import MockAWS


def table_on(aws: MockAWS, name: str) -> Any:
    """Make the table of leases; return a client."""
    client = aws.client("dynamodb")
    create_table(client, name)
    return client


class ModelOfDynamoDB:
    """What leases need of a client: reads, and writes on condition, in the two forms that they use.

    Args:
        items: by name; several clients may share them.
        before: called before each request, so that somebody else can have a turn.
    """

    def __init__(self, items: dict[str, dict[str, Any]], before: Callable[[], None] = lambda: None) -> None:
        self._items = items
        self._before = before

    def get_item(self, **request: Any) -> dict[str, Any]:
        assert request["ConsistentRead"]
        self._before()
        item = self._items.get(request["Key"]["name"]["S"])
        return {"Item": dict(item)} if item else {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        self._before()
        name, attribute = request["Item"]["name"]["S"], request["ExpressionAttributeNames"]["#attribute"]
        there = self._items.get(name, {})
        if request["ConditionExpression"] == "attribute_not_exists(#attribute)":
            holds = attribute not in there
        else:
            assert request["ConditionExpression"] == "#attribute = :value"
            holds = there.get(attribute) == request["ExpressionAttributeValues"][":value"]
        if not holds:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": "as DynamoDB says"}}, "PutItem")
        self._items[name] = dict(request["Item"])
        return {}
