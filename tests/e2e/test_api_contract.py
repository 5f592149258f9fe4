"""Schemathesis on the OpenAPI schema of the running stack: no 500, no undocumented answer."""

import re
import subprocess

from tests.support.trade import Trade
from tools.stack.instance import ROOT

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"


def test_no_request_finds_an_error_of_ours_or_an_undocumented_answer(trade: Trade) -> None:
    seller = trade.seller("fuzzed")
    trade.sell(seller, trade.good("fuzzed", "db"))
    command = [
        str(ROOT / ".venv/bin/schemathesis"),
        "run",
        f"{trade.stack.url}/api/schema/",
        "--header",
        f"Authorization: Bearer {seller.access_token}",
        "--checks",
        CHECKS,
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--max-examples",
        "10",
        "--seed",
        "1",
        "--no-color",
        "--exclude-operation-id",
        "access_tokens_destroy",  # revoking the token we sign in with would end the run
    ]

    result = subprocess.run(command, cwd=trade.stack.instance.var, capture_output=True, text=True, check=False, env=trade.stack.environment)

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    assert re.search(r"\d{3,} generated, \d{3,} passed\n", result.stdout), result.stdout[-2000:]
