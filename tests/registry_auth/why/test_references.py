"""People paste what they have: a name, a command, a line of docker's."""

import pytest

from registry_auth.why.references import NotAnImage, Reference, read_reference

HOST = "layerstore.test:8080"
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "repository", "tag"),
    [
        pytest.param("acme/db", "acme/db", "latest", id="short"),
        pytest.param(f"{HOST}/acme/db:1.0", "acme/db", "1.0", id="name"),
        pytest.param(f"docker pull {HOST}/acme/db:1.0", "acme/db", "1.0", id="command"),
        pytest.param("docker pull acme/db:1.0", "acme/db", "1.0", id="command without the host"),
        pytest.param(
            f"Error response from daemon: pull access denied for {HOST}/acme/db, repository does not exist or may require 'docker login'",
            "acme/db",
            "latest",
            id="docker",
        ),
        pytest.param(
            f'failed to resolve reference "{HOST}/acme/my-db:2.0": authorization failed: no basic auth',
            "acme/my-db",
            "2.0",
            id="containerd",
        ),
        pytest.param(f'Head "http://{HOST}/v2/acme/db/manifests/1.0": denied', "acme/db", "1.0", id="address"),
    ],
)
def test_the_image_is_found(text: str, repository: str, tag: str) -> None:
    assert read_reference(text) == Reference(repository, tag)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{HOST}/acme/db@{DIGEST}", id="name"),
        pytest.param(f"acme/db@{DIGEST}", id="short"),
        pytest.param(f"docker pull {HOST}/acme/db:1.0@{DIGEST}", id="beside a tag"),
        pytest.param(f"manifest for {HOST}/acme/db@{DIGEST} not found: manifest unknown: manifest unknown", id="docker"),
        pytest.param(f'Head "http://{HOST}/v2/acme/db/manifests/{DIGEST}": denied', id="address"),
    ],
)
def test_a_digest_says_which_image_is_meant_whatever_the_tag(text: str) -> None:
    assert read_reference(text) == Reference("acme/db", "", DIGEST)
    assert read_reference(text).text == f"{HOST}/acme/db@{DIGEST}"


@pytest.mark.parametrize("text", ["", " ", "db", "docker.io/library/redis", "Acme/DB", "acme/db\0", f"{HOST}/", "x" * 5000])
def test_what_names_no_image_of_ours_is_refused(text: str) -> None:
    with pytest.raises(NotAnImage) as refused:
        read_reference(text)

    assert refused.value.message == f"Paste the name as docker takes it: {HOST}/NAMESPACE/IMAGE:TAG."


def test_the_text_is_what_docker_pulls() -> None:
    assert read_reference("acme/db:1").text == f"{HOST}/acme/db:1"
