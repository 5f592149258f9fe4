"""What each part of the stack is: its command, what it waits for, when it is ready, how it is stopped. `every_part` is the table."""

import platform
import sys
from pathlib import Path

from tools.stack.instance import ROOT, Instance
from tools.stack.packages import find_program
from tools.stack.postgres import Postgres
from tools.stack.probes import Probe, answers, listens_on, says
from tools.stack.supervise import Part

PYTHON = sys.executable


def every_part(instance: Instance, server: Postgres, *, durable: bool, own_daemon: bool, stream: bool = False) -> tuple[Part, ...]:
    """Return all parts in the order in which they are begun; each says what it waits for and with which others it stops.

    Args:
        durable: keep what is written through a crash of the machine.
        own_daemon: run a docker daemon as well.
        stream: count the event stream as well; Kafka is somebody else's to run.
    """
    return (
        postgres(server, durable=durable),
        redis(instance, durable=durable),
        sandbox(instance),
        registry(instance),
        *(web(instance, name) for name in instance.copied("web")),
        *(token(instance, name) for name in instance.copied("token")),
        inner(instance),
        *(worker(instance, name) for name in instance.copied("worker")),
        *(scheduler(instance, name) for name in instance.copied("scheduler")),
        *(events(instance, name) for name in instance.copied("events") if stream),
        nginx(instance),
        *((dockerd(instance),) if own_daemon else ()),
    )


def program(name: str) -> str:
    """Return the path of an installed program; the bare name when it is missing, so that the error names it."""
    return find_program(name) or name


def postgres(server: Postgres, *, durable: bool = True) -> Part:
    """The database. SIGINT is PostgreSQL's fast stop: it ends connections instead of waiting for them."""
    command = server.server_command(durable=durable)
    # It goes into its data folder by itself; user postgres may not be allowed to begin in ours.
    return Part(
        "postgres",
        command,
        stage="base",
        after="cluster",
        ready=lambda: server.is_ready,
        stop_signal="INT",
        stop_seconds=30,
        folder=Path("/"),
    )


def redis(instance: Instance, *, durable: bool = True) -> Part:
    """Queue, cache and counters: kept over a restart for convenience; nothing is lost without it."""
    path = instance.socket("redis")
    save = "60 1" if durable else ""
    options = ("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(instance.var / "redis"), "--save", save)
    return Part("redis", (program("redis-server"), *options), stage="base", ready=lambda: listens_on(path))


def sandbox(instance: Instance) -> Part:
    """Stripe's stand-in and the mailbox."""
    ports = ("--http-port", str(instance.ports["sandbox"]), "--smtp-port", str(instance.ports["mail"]))
    where = ("--data", str(instance.var / "sandbox"), "--public-url", instance.sandbox_url)
    hook = ("--webhook-url", f"{instance.url}/billing/stripe/webhook", "--webhook-secret", instance.secrets["stripe_webhook_secret"])
    command = (PYTHON, "-m", "tools.sandbox", *ports, *where, *hook, "--secret-key", instance.secrets["stripe_secret_key"])
    return Part("sandbox", command, stage="base", ready=lambda: answers(f"{instance.sandbox_url}/healthz"))


def registry(instance: Instance) -> Part:
    """The registry, behind the edge."""
    command = (program("docker-registry"), "serve", str(instance.var / "run" / "registry.yml"))
    return Part("registry", command, stage="shop", after="tables", ready=lambda: answers(f"{instance.registry_url}/v2/"), stop_seconds=20)


def gunicorn(name: str, module: str, settings: str, *, bind: str, workers: int, threads: int | None = None) -> tuple[str, ...]:
    """Return the command of one WSGI process group. A worker whose master has died ends by itself.

    Args:
        threads: of each worker; left out, as many as in a shop.
    """
    options = ("--name", name, "--bind", bind, "--workers", str(workers), *(("--threads", str(threads)) if threads else ()))
    shared = ("--config", "python:config.processes.gunicorn", "--graceful-timeout", "8")
    environment = ("--env", f"DJANGO_SETTINGS_MODULE={settings}")
    return (PYTHON, "-m", "gunicorn", *options, *shared, *environment, f"config.{module}:application")


def web(instance: Instance, name: str = "web") -> Part:
    """Pages, API, admin."""
    path = instance.socket(name)
    command = gunicorn("web", "wsgi", "config.settings.local", bind=f"unix:{path}", workers=2)
    return Part(name, command, stage="shop", after="tables", ready=lambda: listens_on(path))


def token(instance: Instance, name: str = "token") -> Part:
    """The token endpoint, on a server of its own (ADR 0017)."""
    path = instance.socket(name)
    command = (PYTHON, "-m", "config.processes.token_server", "--socket", str(path))
    return Part(name, command, stage="shop", after="tables", ready=lambda: listens_on(path))


def inner(instance: Instance) -> Part:
    """The listener for registry events and metrics."""
    command = (PYTHON, "-m", "config.processes.inner_server", "--port", str(instance.ports["inner"]))
    return Part("inner", command, stage="shop", after="tables", ready=lambda: answers(f"{instance.inner_url}/metrics"))


LANES = ("money", "mail", "registry", "drawing", "default", "batch")


def worker(instance: Instance, name: str = "worker") -> Part:
    """Runs queued tasks: one worker a lane, forked from one process."""

    def ready() -> Probe:
        begun = [says(instance.log(name), f"{lane}@{platform.node()} ready") for lane in LANES]
        return lambda: all(ask() for ask in begun)

    return Part(name, (PYTHON, "-m", "config.processes.worker", *LANES), stage="shop", after="tables", ready=ready, stop_seconds=20)


def scheduler(instance: Instance, name: str = "scheduler") -> Part:
    """Queues what is due."""
    schedule = str(instance.var / "run" / name.replace("scheduler", "schedule"))
    command = (PYTHON, "-m", "celery", "--quiet", "-A", "config", "beat", "--loglevel", "INFO", "--schedule", schedule, "--pidfile", "")
    return Part(name, command, stage="shop", after="tables", ready=lambda: says(instance.log(name), "Starting"))


def events(instance: Instance, name: str = "events") -> Part:
    """Counts the event stream: a consumer for each core."""
    return Part(
        name,
        (PYTHON, "-m", "config.processes.events"),
        stage="shop",
        after="tables",
        ready=lambda: says(instance.log(name), "the event stream is counted"),
        stop_seconds=20,
    )


def nginx(instance: Instance) -> Part:
    """The edge. SIGQUIT lets running requests end."""
    command = (program("nginx"), "-e", "stderr", "-p", str(instance.var / "run"), "-c", str(instance.var / "run" / "nginx.conf"))
    return Part(
        "nginx",
        command,
        stage="edge",
        after="tables",
        ready=lambda: answers(f"{instance.url}/static/"),
        stop_signal="QUIT",
        stop_seconds=10,
    )


def dockerd(instance: Instance) -> Part:
    """A docker daemon of our own, so that no image of the user's is touched. It needs no network beyond loopback."""
    data, exec_root, socket = instance.var / "docker", instance.sockets / "docker", instance.socket("docker")
    where = ("--data-root", str(data), "--exec-root", str(exec_root), "--pidfile", str(instance.var / "run" / "dockerd.pid"))
    network = ("--bridge=none", "--iptables=false", "--ip6tables=false")
    command = (program("dockerd"), "--config-file", str(instance.var / "run" / "dockerd.json"), *where, "-H", f"unix://{socket}", *network)
    return Part("dockerd", command, stage="edge", ready=lambda: listens_on(socket), stop_seconds=20, required=False)


def manage(*arguments: str) -> list[str]:
    """Return a command of Django's."""
    return [PYTHON, str(Path(ROOT) / "manage.py"), *arguments]
