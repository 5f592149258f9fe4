"""Coverage as a gate: a pytest plugin that script/test adds, so that what is missed stands above pytest's closing line."""

import io

import pytest
from coverage import Coverage
from coverage.exceptions import CoverageException

EVERYTHING, RULES = 95, 100
GATES = {
    "everything": (EVERYTHING, None),
    "registry_auth": (RULES, ["registry_auth/*"]),
    "services and selectors": (
        RULES,
        [f"{app}/{layer}/*" for app in ("accounts", "marketplace", "billing") for layer in ("services", "selectors")],
    ),
}

missed = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Measure each gate on the data that pytest-cov has just combined; a gate that is not passed fails the session."""
    if hasattr(session.config, "workerinput"):
        return  # one of several processes: whoever started them has what all of them measured
    found = [text for name, (percent, include) in GATES.items() if (text := judged(name, percent, include))]
    session.config.stash[missed] = found
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def judged(name: str, percent: int, include: list[str] | None) -> str:
    """Return what a gate misses, or nothing."""
    coverage = Coverage()
    coverage.load()
    report = io.StringIO()
    try:
        reached = coverage.report(include=include, show_missing=True, skip_covered=True, file=report)
    except CoverageException as error:  # nothing was measured, or a file went while the tests ran
        return f"coverage of {name}: {error}; {percent} % are asked for"
    return "" if reached >= percent else f"coverage of {name}: {reached:.2f} %, {percent} % are asked for\n{report.getvalue()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the gates miss."""
    for text in config.stash.get(missed, []):
        terminalreporter.write_line(text, red=True)
