"""Coverage measured by probes: a pytest plugin of script/test. It compiles the shop's modules with them, and collects what was passed.

Tests that sweep over every address, or are about other things than the shop, do not count: each branch of a rule has a test beside it.
"""

import os
import sys
from collections.abc import Generator, Iterator, Mapping, MutableMapping, Sequence
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, Protocol

import pytest
from coverage import Coverage
from coverage.plugin import FileReporter
from coverage.python import PythonFileReporter

from tests.support.probes import PASSED, with_probes
from tools.stack.instance import ROOT

UNCOUNTED: Final = ("tests/architecture/", "tests/deploy/", "tests/tools/bench/", "tests/tools/demo/", "tests/tools/stack/")
# By file: a byte for each of its probes.
passed: Final[dict[str, bytearray]] = {}
passed_before = pytest.StashKey[dict[str, bytes]]()


class Node(Protocol):
    """A process that tests, as pytest-xdist hands it to whoever started it."""

    workeroutput: Mapping[str, Any]


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Compile with probes whatever is imported from now on: nothing of the shop has been, for it needs its settings first."""
    if "PYTEST_XDIST_WORKER" in os.environ or not early_config.known_args_namespace.numprocesses:
        sys.meta_path.insert(0, Finder())
    yield


def pytest_collection_finish(session: pytest.Session) -> None:
    """Import all of the shop now: what a test that does not count imports would lack the lines that only an import runs."""
    if session.items and any(isinstance(each, Finder) for each in sys.meta_path):
        for file in (file.relative_to(ROOT) for file in measured_files()):
            if file.parts[0] != "tools":
                import_module(".".join(file.with_suffix("").parts).removesuffix(".__init__"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Forget what a test passes that does not count."""
    item.stash[passed_before] = {file: bytes(each) for file, each in passed.items()} if item.nodeid.startswith(UNCOUNTED) else {}
    try:
        return (yield)
    finally:
        forget_what_passed_in(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let the end of the session count, whichever test comes last: its fixtures end what other tests began."""
    if nextitem is None:
        forget_what_passed_in(item)


def forget_what_passed_in(item: pytest.Item) -> None:
    """Leave what had been passed before a test that does not count, once."""
    for file, each in item.stash[passed_before].items():
        passed[file][:] = each
    item.stash[passed_before] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this process has passed to whoever started it."""
    if hasattr(session.config, "workeroutput"):
        output: MutableMapping[str, Any] = session.config.workeroutput
        output["passed"] = {file: bytes(each) for file, each in passed.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Node) -> None:
    """Add what one of several processes has passed. One that was killed has handed over nothing."""
    for file, each in getattr(node, "workeroutput", {}).get("passed", {}).items():
        all_of_it = passed.setdefault(file, bytearray(len(each)))
        all_of_it[:] = bytes(map(max, all_of_it, each))


class Measurement(Coverage):
    """Reads each file once, for what was passed and for all reports of it: to read a file is nearly all the work."""

    def __init__(self) -> None:
        super().__init__(data_file=None)
        self._read: dict[str, FileReporter] = {}
        self.get_data()  # without it, no file is read

    def _get_file_reporter(self, morf: str | ModuleType) -> FileReporter:
        if not isinstance(morf, str):
            return super()._get_file_reporter(morf)
        if morf not in self._read:
            self._read[morf] = super()._get_file_reporter(morf)
        return self._read[morf]

    def source_of(self, file: str) -> FileReporter:
        """Return what coverage has read of a file."""
        return self._get_file_reporter(file)


def measurement(bytes_of: Mapping[str, Sequence[int]], files: Sequence[str]) -> Coverage:
    """Return what probes of these files say, as coverage has it. A file that has not been imported is missed in full."""
    coverage = Measurement()
    arcs = {file: list(arcs_of(coverage, file, bytes_of.get(file, b""))) for file in files}
    coverage.get_data().add_arcs({file: found for file, found in arcs.items() if found})
    coverage.get_data().touch_files(files)
    return coverage


def arcs_of(coverage: Measurement, file: str, bytes_of_it: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the steps from line to line that a file's probes stand for; where a statement was reached from is not known, and is -1."""
    source = coverage.source_of(file)
    assert isinstance(source, PythonFileReporter)
    lines, begin = source.lines(), source.parser.first_line
    ends: dict[int, set[int]] = {line: set() for line, exits in source.exit_counts().items() if exits > 1}
    for start, end in source.arcs():
        if start in ends:
            ends[start].add(end)
    probes = with_probes(Path(file).read_bytes())[1]
    body_of = {begin(line): begin(body) for probe in probes for line, body in probe.ways if body}
    met = [probe for probe, is_passed in zip(probes, bytes_of_it, strict=False) if is_passed]
    begun = lines & {begin(line) for probe in met for first, last in probe.spans for line in range(first, last + 1)}
    yield from ((-1, line) for line in begun)
    for line, body in ((begin(line), body) for probe in met for line, body in probe.ways):
        inside, possible = {body_of[line]}, ends.get(line, set())
        # On a way out of `with` or through `finally`, something may be raised before the next statement begins.
        reached = {end for end in (possible & inside if body else possible - inside) if end < 0 or end in begun}
        yield from ((line, end) for end in reached if line in begun)


@cache
def measured_files() -> list[Path]:
    """Return the files that pyproject.toml has measured."""
    coverage = Coverage(data_file=None)
    folders, left_out = coverage.get_option("run:source"), coverage.get_option("run:omit")
    assert isinstance(folders, list)
    assert isinstance(left_out, list)
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return [file for file in files if not any(fnmatch(str(file.relative_to(ROOT)), each) for each in left_out)]


class Loader(SourceFileLoader):
    """Compiles one module with probes, and gives it their bytes."""

    def get_code(self, _fullname: str) -> CodeType:
        """Return its code, never from a file that was compiled before."""
        tree, probes = with_probes(Path(self.path).read_bytes())
        passed.setdefault(self.path, bytearray(len(probes)))
        code: CodeType = compile(tree, self.path, "exec", dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run it, with a byte for each probe in its globals."""
        code = self.get_code(module.__name__)
        setattr(module, PASSED, passed[self.path])
        exec(code, module.__dict__)


class Finder(MetaPathFinder):
    """Finds the modules that are measured."""

    def __init__(self) -> None:
        self.files = {str(file) for file in measured_files()}
        self.roots = {Path(file).relative_to(ROOT).parts[0] for file in self.files}

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a module is and who loads it, if it is measured."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname.partition(".")[0] in self.roots else None
        if spec is None or spec.origin not in self.files:
            return None
        spec.loader = Loader(fullname, spec.origin)
        return spec
