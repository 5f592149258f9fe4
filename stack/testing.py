"""script/test: the checks, then the tests, on a PostgreSQL and a Redis of their own that are gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from stack import parts
from stack.environment import plain_environment
from stack.instance import ROOT, Instance
from stack.postgres import find_postgres
from stack.problems import Problem
from stack.supervise import Supervisor
from stack.view import View

CHECKS: Mapping[str, Sequence[str]] = {
    "ruff check": ("ruff", "check"),
    "ruff format": ("ruff", "format", "--check"),
    "mypy": ("mypy", "."),
    "lint-imports": ("lint-imports",),
    "djlint": ("djlint", "templates", "--lint", "--quiet"),
    "missing migrations": ("python", "manage.py", "makemigrations", "--check", "--dry-run"),
}
COVERAGE = ("--cov", "--cov-report=", "-p", "tests.support.coverage_gates")
KEPT = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "HYPOTHESIS_PROFILE", "LAYERSTORE_ARTIFACTS")


def main(view: View, arguments: list[str]) -> int:
    """Run everything; with arguments, only pytest with them. Returns 0 only if all went well. pytest's closing line is the last."""
    with servers() as environment:
        if arguments:
            return run("pytest", *arguments, environment=environment)
        view.title("Checks")
        failed = [name for name, command in CHECKS.items() if not check(view, name, command, environment)]
        view.title(f"Tests{', though these checks failed: ' + ', '.join(failed) if failed else ''}")
        return run("pytest", *COVERAGE, environment=environment) or int(bool(failed))


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Redis on sockets in a temporary folder, and yield the environment that leads tests to them.

    Nothing listens on a port, so a started demo is never met.
    """
    with tempfile.TemporaryDirectory(prefix="layerstore-test-") as folder:
        instance = Instance(port=8080, var=Path(folder).resolve())
        instance.make_folders()
        server = find_postgres(instance)
        server.prepare()
        supervisor = Supervisor(instance, [parts.postgres(server, durable=False), parts.redis(instance, durable=False)])
        environment = plain_environment(os.environ) | {name: os.environ[name] for name in KEPT if name in os.environ}
        try:
            supervisor.launch(environment)
            supervisor.start("postgres", "redis")
            server.ensure_owner("--createdb")
            yield environment | test_addresses(instance)
        finally:
            supervisor.stop()
            shutil.rmtree(instance.sockets, ignore_errors=True)
            if server.notice:
                shutil.rmtree(server.data.parent, ignore_errors=True)


def test_addresses(instance: Instance) -> dict[str, str]:
    """Return the variables that config/settings/test.py reads."""
    return {
        "LAYERSTORE_DATABASE_URL": f"postgresql://layerstore@/postgres?host={instance.sockets / 'postgres'}",
        "LAYERSTORE_REDIS_URL": f"unix://{instance.socket('redis')}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }


def check(view: View, name: str, command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Run one check; print what it says only when it complains."""
    began = time.monotonic()
    result = subprocess.run(
        command_line(*command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    view.say(f"{name}: {'ok' if result.returncode == 0 else 'FAILED'} ({time.monotonic() - began:.0f} s)")
    if result.returncode:
        view.say(result.stdout)
    return result.returncode == 0


def run(*command: str, environment: Mapping[str, str]) -> int:
    """Run a command in sight; return its status."""
    return subprocess.run(command_line(*command), cwd=ROOT, env=environment, check=False).returncode


def command_line(name: str, *arguments: str) -> list[str]:
    """Return the command of a program in .venv.

    Raises:
        Problem: it is not there.
    """
    program = ROOT / ".venv" / "bin" / name
    if not program.exists():
        raise Problem(f"{name} is not in .venv.", do="remove .venv and start again.")
    return [str(program), *arguments]
