"""Load an address with wrk: requests in rotation over keep-alive connections, each response's status checked."""

import json
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stack.packages import find_program
from tools.stack.problems import Problem

THREADS, CONNECTIONS = 2, 16
_SCRIPT = """
local expected = {%(expected)s}
local asked = {%(requests)s}
local threads = {}
function setup(thread) thread:set("number", #threads); table.insert(threads, thread) end
function init(args)
  at, unexpected, formatted = number * 7919, 0, {}
  for i, one in ipairs(asked) do formatted[i] = wrk.format("GET", one[1], one[2]) end
end
function request() at = at + 1; return formatted[at %% #formatted + 1] end
function response(status) if not expected[status] then unexpected = unexpected + 1 end end
function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("unexpected") end
  io.write(string.format('\\n{"requests": %%d, "seconds": %%f, "p50": %%f, "p99": %%f, "unexpected": %%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, wrong))
end
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One load. Times are milliseconds."""

    rate: float
    p50: float
    p99: float
    unexpected: int


def write_script(file: Path, *, requests: Sequence[dict[str, str]], expected: Collection[int]) -> Path:
    """Write what wrk asks: each request a path and an Authorization header, empty for none."""
    lines = ",\n".join(f"{{{json.dumps(one['path'])}, {_headers(one['authorization'])}}}" for one in requests)
    file.write_text(_SCRIPT % {"expected": ", ".join(f"[{status}]=true" for status in expected), "requests": lines})
    return file


def _headers(authorization: str) -> str:
    return f'{{["Authorization"]={json.dumps(authorization)}}}' if authorization else "{}"


def program() -> str:
    """Return wrk.

    Raises:
        Problem: it is not installed.
    """
    found = find_program("wrk")
    if found is None:
        raise Problem("wrk is not installed.", do="run: apt-get install wrk")
    return str(found)


def load(url: str, script: Path, *, seconds: int) -> Measured:
    """Load the address for some seconds.

    Raises:
        Problem: wrk failed.
    """
    command = [program(), f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s", "-s", str(script), url]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30)
    if result.returncode or not result.stdout.rstrip().endswith("}"):
        raise Problem(f"wrk failed: {(result.stderr or result.stdout)[-600:]}", do="request the address by hand.")
    figures = json.loads(result.stdout.rstrip().splitlines()[-1])
    return Measured(figures["requests"] / figures["seconds"], figures["p50"], figures["p99"], figures["unexpected"])
