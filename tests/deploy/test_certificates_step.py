"""deploy/aws/certificates.py: what is fetched is whole and certificates, or nothing changes."""

import runpy
import ssl
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import URLError

import pytest
from django.conf import settings
from django.utils import timezone

from registry_auth.keys.leaves import certificate_pem, new_authority, new_private_key

STEP = Path(settings.BASE_DIR) / "deploy" / "aws" / "certificates.py"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with two certificates, and something else."""
    bundle = "".join(certificate_pem(new_authority(key=new_private_key(), now=timezone.now())) for _ in range(2))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/bundle.pem": bundle, "/page": "<html>sign in first</html>"}.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def fetch(monkeypatch: pytest.MonkeyPatch, address: str, file: Path) -> None:
    monkeypatch.setattr(sys, "argv", [str(STEP), address, str(file)])
    runpy.run_path(str(STEP), run_name="__main__")


def test_certificates_are_written_for_everybody_to_read(monkeypatch: pytest.MonkeyPatch, address: str, tmp_path: Path) -> None:
    fetch(monkeypatch, f"{address}/bundle.pem", tmp_path / "ca.pem")

    assert (tmp_path / "ca.pem").read_text().count("BEGIN CERTIFICATE") == 2
    assert (tmp_path / "ca.pem").stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [tmp_path / "ca.pem"]


def test_what_is_no_certificate_is_refused_and_what_was_there_stays(monkeypatch: pytest.MonkeyPatch, address: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("before")

    with pytest.raises(ssl.SSLError):
        fetch(monkeypatch, f"{address}/page", tmp_path / "ca.pem")

    assert (tmp_path / "ca.pem").read_text() == "before"


def test_without_an_answer_the_first_time_fails_and_later_ones_go_on(monkeypatch: pytest.MonkeyPatch, address: str, tmp_path: Path) -> None:
    with pytest.raises(URLError):
        fetch(monkeypatch, f"{address}/nothing", tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_text("before")

    fetch(monkeypatch, f"{address}/nothing", tmp_path / "ca.pem")

    assert (tmp_path / "ca.pem").read_text() == "before"
