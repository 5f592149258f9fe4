"""Schemathesis on the OpenAPI schema of the running stack: no 500, no undocumented answer. Many more examples: script/bench contract."""

import re
import subprocess

from tests.support.trade import Trade
from tools.bench.contract import contract_command, nobody_limited


def test_no_request_finds_an_error_of_ours_or_an_undocumented_answer(trade: Trade) -> None:
    seller = trade.seller("fuzzed")
    trade.sell(seller, trade.good("fuzzed", "db"))
    # With the same seed the same examples come each time, so more of them would find nothing new with the next run.
    command = contract_command(trade.stack.url, seller.access_token, examples=3, seed=1)
    before = len(trade.stack.log("web"))

    with nobody_limited(trade.stack.instance):
        result = subprocess.run(
            command, cwd=trade.stack.instance.var, capture_output=True, text=True, check=False, env=trade.stack.environment
        )

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    assert re.search(r"\d{4,} generated, \d{4,} passed\n", result.stdout), result.stdout[-2000:]
    # Each was answered for what it asked: one in a hundred may come while a busy machine keeps us from forgetting its count.
    made = int(re.findall(r"(\d+) generated", result.stdout)[-1])
    assert trade.stack.log("web")[before:].count('"status_code": 429') * 100 < made
