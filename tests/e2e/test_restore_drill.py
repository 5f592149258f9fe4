"""The drill: a shop sells, is backed up while buyers pull, is destroyed to the last file, and comes back in another folder."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.stack import LiveStack, running_stack
from tests.support.trade import Trade, eventually, silent
from tools.stack.backups.archive import backups_in, verify
from tools.stack.backups.restoring import restore_backup
from tools.stack.backups.taking import take_backup
from tools.stack.clients import Client, Refused
from tools.stack.instance import Instance
from tools.stack.ports import free_base_port

TABLES = (
    "billing_order",
    "billing_orderimage",
    "marketplace_entitlement",
    "marketplace_pullcount",
    "marketplace_manifest",
    "marketplace_tag",
    "marketplace_product",
    "marketplace_price",
    "accounts_account",
    "accounts_sellerprofile",
)
FACTS = " UNION ALL ".join(
    f"SELECT '{name}', count(*), md5(string_agg(row::text, '|' ORDER BY row::text)) FROM {name} row" for name in TABLES
)


@contextmanager
def pulling_on(client: Client, reference: str) -> Iterator[list[str]]:
    """Pull without end beside the block; yield what failed."""
    failed: list[str] = []
    over, begun = threading.Event(), threading.Event()

    def pull() -> None:
        while not over.is_set():
            try:
                client.pull(reference, silent)
            except Refused as refusal:
                failed.append(str(refusal))
            begun.set()
            over.wait(0.5)  # the machine is for the backup

    thread = threading.Thread(target=pull)
    thread.start()
    begun.wait()
    try:
        yield failed
    finally:
        over.set()
        thread.join()


def test_what_was_sold_is_pulled_by_its_digest_from_a_shop_that_was_destroyed_and_restored(tmp_path: Path) -> None:
    backups, elsewhere = tmp_path / "backups", tmp_path / "restored"
    with running_stack(with_docker=False) as stack:
        trade = Trade(stack)
        seller = trade.seller("phoenix")
        sold = trade.sell(seller, trade.good("phoenix", "db"), trade.skopeo(seller))
        buyer = trade.person()
        order = trade.buy(buyer, sold)
        trade.push(seller, trade.good("phoenix", "db"), trade.skopeo(seller))  # its tag moves on: only its digest names it now
        by_digest = f"{stack.instance.host}/{sold.repository}@{sold.digests[0]}"

        with pulling_on(trade.skopeo(buyer), by_digest) as failed:
            first = take_backup(stack.instance, backups, keep=2)
        assert failed == []
        eventually(
            lambda: stack.sql("SELECT count(*) FROM registry_auth_registryenvelope WHERE drained_at IS NULL") == ["0"], "all counted"
        )
        facts = stack.sql(FACTS)
        second = take_backup(stack.instance, backups, keep=2)
        held = stack.sql("SELECT kind, problem, checked > 1, ended_at IS NOT NULL FROM registry_auth_registryhold")
        trade.close()
        stack.stop()
        shutil.rmtree(stack.instance.var)

    assert backups_in(backups) == [first, second]
    assert held == ["backup||t|t"] * 2
    assert verify(first).missing == []
    blobs = {path.relative_to(second): path.stat().st_nlink for path in second.glob("registry/**/data")}
    assert set(blobs.values()) == {2}  # nothing was copied a second time
    restored = Instance(port=free_base_port(), var=elsewhere)
    restore_backup(restored, second)

    with LiveStack(restored, restarts=False, durable=False, with_docker=False) as stack:
        assert stack.sql(FACTS) == facts
        assert stack.sql("SELECT count(*) FROM registry_auth_registryhold") == ["0"]  # that of the backup is over
        trade = Trade(stack)
        pulled = trade.skopeo(buyer).pull(f"{restored.host}/{sold.repository}@{sold.digests[0]}", silent)
        assert pulled == sold.digests[0]
        with trade.api(buyer) as api:
            assert api.get(f"/orders/{order}/").json()["state"] == "paid"
        newcomer = trade.person()
        sold.url = f"{stack.url}{sold.path}"
        trade.buy(newcomer, sold)
        assert trade.skopeo(newcomer).pull(f"{restored.host}/{sold.repository}:1.0", silent) != pulled
        trade.close()
