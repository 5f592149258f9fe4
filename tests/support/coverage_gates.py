"""Coverage as a gate: a pytest plugin that script/test adds, so that what is missed stands above pytest's closing line.

95 % of everything; and every branch of each file of the six apps that no line below takes out. A file that moves,
or a new room, is inside until somebody says why not.
"""

import io

import pytest
from coverage import Coverage
from coverage.exceptions import CoverageException

from tests.support.measured import measured_files, measurement, passed

EVERYTHING, RULES = 95, 100
APPS = ("accounts", "audit", "billing", "marketplace", "outbox", "registry_auth")
# Kinds of file that hold no rule: they parse, call one service and render. What people and programs see of them is tested from outside,
# with branches that only a browser, a real client or a worker takes.
WITHOUT_RULES = {
    "admin": "acts of staff ask for a reason and call one service",
    "api": "serializers and views of the API, held to the schema by schemathesis",
    "apps": "Django's entry",
    "forms": "fields, and the refusals of services beside them",
    "management": "commands",
    "tasks": "one line each, which calls one service",
    "urls": "addresses",
    "urls_api": "addresses",
    "urls_inner": "addresses",
    "views": "pages",
}
OUTSIDE = [f"{app}/{where}{kind}{end}" for app in APPS for kind in WITHOUT_RULES for where in ("", "**/") for end in (".py", "/**")]
GATES: dict[str, tuple[int, list[str] | None, list[str]]] = {
    "everything": (EVERYTHING, None, []),
    "every file that holds a rule": (RULES, [f"{app}/**" for app in APPS], OUTSIDE),
    "all of registry_auth": (RULES, ["registry_auth/**"], []),
}

missed = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Measure each gate on what all processes have passed; a gate that is not passed fails the session."""
    if hasattr(session.config, "workerinput"):
        return  # one of several processes: whoever started them has what all of them measured
    measured = measurement(passed, [str(file) for file in measured_files()])
    found = [text for name, gate in GATES.items() if (text := judged(measured, name, *gate))]
    session.config.stash[missed] = found
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def judged(coverage: Coverage, name: str, percent: int, include: list[str] | None, omit: list[str]) -> str:
    """Return what a gate misses, or nothing."""
    report = io.StringIO()
    try:
        reached = coverage.report(include=include, omit=omit or None, show_missing=True, skip_covered=True, file=report)
    except CoverageException as error:  # nothing was measured, or a file went while the tests ran
        return f"coverage of {name}: {error}; {percent} % are asked for"
    return "" if reached >= percent else f"coverage of {name}: {reached:.2f} %, {percent} % are asked for\n{report.getvalue()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the gates miss."""
    for text in config.stash.get(missed, []):
        terminalreporter.write_line(text, red=True)
