"""One scrape of the inner listener tells of every process."""

from tests.support.loopback import ask
from tests.support.trade import Trade, eventually


def count(trade: Trade, name: str, **labels: str) -> float:
    sample = name + "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "} "
    lines = ask("GET", f"{trade.stack.instance.inner_url}/metrics").raise_for_status().text.splitlines()
    return sum(float(line.removeprefix(sample)) for line in lines if line.startswith(sample))


def ask_for_tokens(trade: Trade, times: int) -> None:
    for _ in range(times):
        ask("GET", f"{trade.stack.url}/auth/token", params={"service": "layerstore"}).raise_for_status()


def test_what_the_token_process_answered_is_counted_and_outlives_it(trade: Trade) -> None:
    def answers() -> float:
        return count(trade, "layerstore_token_answers_total", outcome="anonymous")

    before = answers()
    ask_for_tokens(trade, 20)
    assert answers() == before + 20

    trade.stack.kill("token")
    trade.stack.start_part("token")

    assert answers() == before + 20
    ask_for_tokens(trade, 1)
    assert answers() == before + 21


def test_what_the_worker_did_is_counted(trade: Trade) -> None:
    before = count(trade, "layerstore_registry_events_total", action="push")

    trade.sell(trade.seller("counted"), trade.good("counted", "db"))

    eventually(lambda: count(trade, "layerstore_registry_events_total", action="push") > before, "the push is counted")
