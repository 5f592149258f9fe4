"""Starting, stopping and dying, with small processes in the place of the real parts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.stack.instance import ROOT, Instance
from tools.stack.leftovers import Lock, end_leftover_processes, group_members, session_members
from tools.stack.probes import says
from tools.stack.problems import Problem
from tools.stack.supervise import Part, Supervisor, escaped, quoted

WAITS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('{name} stopped', flush=True), sys.exit())); print('{name} ready', flush=True); signal.pause()"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(port=8080, var=tmp_path)
    made.make_folders()
    yield made
    subprocess.run(["rm", "-rf", str(made.sockets)], check=True)


def part(instance: Instance, name: str, stage: str, code: str = WAITS) -> Part:
    return Part(name, (sys.executable, "-c", code.format(name=name)), stage=stage, ready=lambda: says(instance.log(name), f"{name} ready"))


@pytest.fixture
def run(instance: Instance) -> Iterator[Callable[..., Supervisor]]:
    started: list[Supervisor] = []

    def launch(*parts: Part, restarts: bool = True) -> Supervisor:
        supervisor = Supervisor(instance, parts, restarts=restarts)
        started.append(supervisor)
        supervisor.launch(os.environ)
        return supervisor

    yield launch
    for supervisor in started:
        supervisor.stop()


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(number: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False


def test_stages_stop_in_the_reverse_order_of_their_start(instance: Instance, run: Callable[..., Supervisor]) -> None:
    supervisor = run(part(instance, "database", "base"), part(instance, "web", "shop"), part(instance, "edge", "edge"))
    supervisor.start("database")
    supervisor.start("web", "edge")

    supervisor.stop()

    lines = [line for line in instance.log("supervisord").read_text().splitlines() if "stopped:" in line]
    assert [line.split("stopped: ")[1].split()[0] for line in lines] == ["edge", "web", "database"]
    assert instance.log("database").read_text().splitlines() == ["database ready", "database stopped"]


def test_a_part_that_ends_at_its_start_is_told_with_the_end_of_its_log(instance: Instance, run: Callable[..., Supervisor]) -> None:
    supervisor = run(part(instance, "web", "shop", "raise SystemExit('no such module: {name}')"))

    with pytest.raises(Problem, match="web ended while it was being started") as caught:
        supervisor.start("web")

    assert "no such module: web" in str(caught.value)


def test_a_part_that_ends_later_is_started_again_and_told(instance: Instance, run: Callable[..., Supervisor]) -> None:
    supervisor = run(part(instance, "worker", "shop"))
    supervisor.start("worker")
    wait_for(lambda: "RUNNING" in instance.log("supervisord").read_text())
    os.kill(supervisor.pids["worker"], signal.SIGKILL)

    seen: list[str] = []

    def is_told() -> bool:
        seen.extend(supervisor.restarted_or_failed()[0])
        return bool(seen)

    wait_for(is_told)
    assert seen == ["worker"]


def test_a_part_whose_next_start_fails_is_started_once_more(instance: Instance, run: Callable[..., Supervisor], tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    second_fails = f"open({str(starts)!r}, 'a').write('x'); open({str(starts)!r}).read() == 'xx' and exit(1); "
    supervisor = run(part(instance, "database", "base", second_fails + WAITS))
    supervisor.start("database")
    wait_for(lambda: supervisor.is_running("database"))
    os.kill(supervisor.pids["database"], signal.SIGKILL)

    def is_back() -> bool:
        assert supervisor.restarted_or_failed()[1] == []
        return starts.read_text() == "xxx" and supervisor.is_running("database")

    wait_for(is_back)


def test_a_killed_part_stays_dead_for_tests_of_faults_until_it_is_started(instance: Instance, run: Callable[..., Supervisor]) -> None:
    supervisor = run(part(instance, "worker", "shop"), restarts=False)
    supervisor.start("worker")
    first = supervisor.pids["worker"]

    supervisor.kill("worker")

    assert not is_alive(first)
    assert supervisor.has_ended("worker")
    supervisor.start("worker")
    assert not supervisor.has_ended("worker")


def test_a_killed_part_is_gone_with_its_children(instance: Instance, run: Callable[..., Supervisor]) -> None:
    supervisor = run(part(instance, "token", "shop", "import os; os.fork(); os.fork(); " + WAITS), restarts=False)
    supervisor.start("token")
    group = supervisor.pids["token"]
    wait_for(lambda: len(list(group_members(group))) == 4)

    supervisor.kill("token")

    assert list(group_members(group)) == []


ENDS_BUT_FOR_A_THREAD = """
import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
ends_one_thread = 60 if platform.machine() == "x86_64" else 93  # exit(2)
ctypes.CDLL(None).syscall(ends_one_thread, 0)
"""


def test_a_process_is_there_until_its_last_thread_has_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDS_BUT_FOR_A_THREAD], start_new_session=True)
    try:
        wait_for(lambda: not is_alive(process.pid))  # a zombie, but whatever it has opened is open
        assert list(group_members(process.pid)) == [process.pid]
    finally:
        process.kill()
    wait_for(lambda: list(group_members(process.pid)) == [])
    process.wait()


def test_every_part_dies_with_a_supervisor_that_is_killed(instance: Instance, run: Callable[..., Supervisor]) -> None:
    supervisor = run(part(instance, "database", "base"))
    supervisor.start("database")
    number = supervisor.pids["database"]
    assert supervisor.process is not None

    supervisor.process.kill()

    wait_for(lambda: not is_alive(number))


STARTER = """
import os, sys, time
from pathlib import Path
from tools.stack.instance import Instance
from tools.stack.leftovers import Lock
from tools.stack.supervise import Part, Supervisor
instance = Instance(port=8080, var=Path(sys.argv[1]))
lock = Lock(instance)
lock.take()
supervisor = Supervisor(instance, [Part("web", (sys.executable, "-c", "import time; time.sleep(600)"), stage="shop")])
supervisor.launch(os.environ, keep_open=[lock.descriptor])
supervisor.start("web")
print(supervisor.pids["web"], flush=True)
time.sleep(600)
"""


@pytest.fixture
def starter(instance: Instance) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that holds the instance's lock and runs one part."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", STARTER, str(instance.var)], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


def test_an_instance_runs_once(instance: Instance, starter: tuple["subprocess.Popen[str]", int]) -> None:
    with pytest.raises(Problem, match=rf"already runs at http://127.0.0.1:8080 \(process {starter[0].pid}\)") as caught:
        (lock := Lock(instance)).take()
    lock.release()  # as whoever could not start does: nothing is left to give back

    assert "LAYERSTORE_PORT=8180" in caught.value.do


def test_a_start_after_a_killed_one_waits_until_its_parts_have_stopped(
    instance: Instance, starter: tuple["subprocess.Popen[str]", int]
) -> None:
    process, number = starter
    lock = Lock(instance)

    process.kill()
    process.wait()
    lock.take()

    assert not is_alive(number)
    lock.release()


def test_a_process_left_behind_is_ended_by_the_next_start(instance: Instance) -> None:
    folder = instance.var / "run"
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=folder, start_new_session=True)
    elsewhere = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd="/", start_new_session=True)
    (folder / "session").write_text(f"{left.pid}\n")
    try:
        assert list(session_members(left.pid, instance)) == [left.pid]
        assert list(session_members(elsewhere.pid, instance)) == []
        assert end_leftover_processes(instance) == [left.pid]
        assert left.wait() == -signal.SIGKILL
        assert elsewhere.poll() is None
        assert end_leftover_processes(instance) == []
    finally:
        for process in (left, elsewhere):
            process.kill()
            process.wait()


def test_a_percent_sign_and_a_quote_survive_supervisords_configuration(instance: Instance, run: Callable[..., Supervisor]) -> None:
    odd = Part("odd", (sys.executable, "-c", "import sys, time; print(sys.argv[1], 'ready', flush=True); time.sleep(600)", """100 % "so" \\ 'so'"""), stage="shop",
               ready=lambda: says(instance.log("odd"), "ready"))  # fmt: skip
    run(odd).start("odd")

    assert instance.log("odd").read_text() == """100 % "so" \\ 'so' ready\n"""
    assert escaped("%") == "%%"
    assert quoted('"') == '"\\""'
