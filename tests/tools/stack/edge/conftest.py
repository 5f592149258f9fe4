"""A real nginx with the files of deploy/."""

import shutil
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.tools.stack.edge.asking import PROXIES, Echo
from tools.stack import templates
from tools.stack.configs import DEPLOY, error_pages, values, write_configs
from tools.stack.instance import Instance
from tools.stack.packages import find_program
from tools.stack.ports import free_base_port
from tools.stack.probes import answers


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A real nginx before an echoing web and registry; nobody answers for tokens."""
    instance = Instance(port=free_base_port(), var=tmp_path_factory.mktemp("edge"))
    instance.make_folders()
    backend = ThreadingHTTPServer(("127.0.0.1", instance.ports["registry"]), Echo)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    patched = values(instance) | {
        "LAYERSTORE_WEB_ADDRESS": f"127.0.0.1:{instance.ports['registry']}",
        "LAYERSTORE_TRUSTED_PROXY": PROXIES,
        "LAYERSTORE_PUBLIC_SCHEME": "https",
        "LAYERSTORE_PUBLIC_URL": instance.url,
    }
    write_configs(instance)
    error_pages(instance).mkdir()
    for code, words in {"en": "Back in a moment", "de": "Gleich wieder da"}.items():
        (error_pages(instance) / f"503.{code}.html").write_text(f"<h1>{words}</h1>")
    run = instance.var / "run"
    (run / "layerstore.conf").write_text(templates.fill(DEPLOY / "nginx/layerstore.conf.template", patched))
    (instance.var / "static" / "base.0123456789ab.css").write_text("a{}")
    (instance.var / "static" / "plain.css").write_text("a{}" * 400)
    (instance.var / "media" / "picture.webp").write_text("webp")
    nginx = subprocess.Popen([str(find_program("nginx")), "-e", "stderr", "-p", str(run), "-c", str(run / "nginx.conf")])
    ready = answers(f"{instance.url}/static/plain.css")
    while not ready():
        time.sleep(0.02)
    yield instance
    nginx.terminate()
    nginx.wait()
    backend.shutdown()
    backend.server_close()
    shutil.rmtree(instance.sockets)


class OverSocket(socketserver.ThreadingUnixStreamServer):
    """The echo in the token process's place."""

    daemon_threads = True


@pytest.fixture
def token(edge: Instance) -> Iterator[None]:
    """Let somebody answer for tokens."""
    path = edge.socket("token")
    with OverSocket(str(path), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
    path.unlink()
