"""What the edge serves itself: style sheets, uploads, pictures that it keeps."""

import json

import pytest

from tests.tools.stack.edge.asking import Echo, answer_to, ask, from_address
from tools.stack.instance import Instance


def test_a_picture_that_is_no_file_is_asked_of_web_once_and_kept(edge: Instance) -> None:
    path = f"/media/products/{'0' * 32}.webp"

    seen = [ask(edge, path) for _ in range(3)]

    assert [status for status, _, _ in seen] == [200, 200, 200]
    assert f"GET {path}\n" in seen[0][2]
    assert Echo.asked[path] == 1


def test_a_hashed_file_is_kept_for_a_year_and_another_for_minutes(edge: Instance) -> None:
    assert ask(edge, "/static/base.0123456789ab.css")[1]["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(edge, "/static/plain.css")[1]["cache-control"] == "public, max-age=300"


def test_uploads_are_served_as_what_they_are_and_run_nothing(edge: Instance) -> None:
    headers = ask(edge, "/media/picture.webp")[1]

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "image/webp"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    "path", ["/static/../run/nginx.conf", "/static/%2e%2e/secrets.json", "/media/..%2fsecrets.json", "/static../secrets.json"]
)
def test_nothing_beside_the_served_folders_is_to_be_had(edge: Instance, path: str) -> None:
    assert "user root" not in ask(edge, path)[2]
    assert "secret_key" not in ask(edge, path)[2]


def test_text_is_compressed_and_the_version_is_not_told(edge: Instance) -> None:
    headers = ask(edge, "/static/plain.css", Accept_Encoding="gzip")[1]

    assert headers["content-encoding"] == "gzip"
    assert headers["server"] == "nginx"


@pytest.mark.parametrize("before", ["/account/password/reset/key/", "/account/confirm-email/"])
def test_the_log_has_no_key_of_a_link_in_a_mail(edge: Instance, before: str) -> None:
    with from_address(edge, "127.0.0.114") as connection:  # what is answered on one connection was logged before the next answer
        for path in (f"{before}1x-very-secret/?next=/also-secret", before, "/"):
            assert answer_to(connection, path)[0] == 200

    log = edge.var / "log" / "access.log"
    lines = [json.loads(line) for line in log.read_text().splitlines() if f'"path":"{before}' in line]
    logged = [line["path"] for line in lines]
    assert logged == [f"{before}[secret]", before]
    assert "secret/" not in log.read_text()
