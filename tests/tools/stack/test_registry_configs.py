"""The registry's configuration, filled, as the registry reads it."""

import http.client
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tools.stack import configs, templates
from tools.stack.configs import DEPLOY, values, write_configs
from tools.stack.instance import Instance
from tools.stack.packages import find_program
from tools.stack.ports import free_base_port
from tools.stack.probes import answers


@pytest.mark.parametrize("version", ["2.8", "3"])
def test_a_registry_on_s3_differs_in_its_storage_alone_and_sends_nobody_to_the_bucket(version: str) -> None:
    files, bucket = (yaml.safe_load((DEPLOY / f"registry/{version}{kind}.yml.template").read_text()) for kind in ("", "-s3"))

    stored = bucket["storage"].pop("s3")
    del files["storage"]["filesystem"]
    assert bucket == files
    assert bucket["storage"]["redirect"] == {"disable": True}
    assert (
        {"region", "bucket", "regionendpoint"} <= set(stored) <= {"region", "bucket", "regionendpoint", "forcepathstyle"}
    )  # no credential


def test_the_registry_2_8_starts_with_its_configuration_and_asks_for_our_token(tmp_path: Path) -> None:
    instance = Instance(port=free_base_port(), var=tmp_path)
    instance.make_folders()
    bundle = configs.certificate_bundle(instance)
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=test",
        "-keyout",
        "/dev/null",
    ]
    subprocess.run([*command, "-out", str(bundle)], check=True, capture_output=True)
    write_configs(instance)
    with subprocess.Popen(
        [str(find_program("docker-registry")), "serve", str(tmp_path / "run/registry.yml")], stderr=subprocess.DEVNULL
    ) as registry:
        ready = answers(f"{instance.registry_url}/v2/")
        while not ready():
            assert registry.poll() is None
            time.sleep(0.02)
        connection = http.client.HTTPConnection("127.0.0.1", instance.ports["registry"])
        connection.request("GET", "/v2/")
        answer = connection.getresponse()
        challenge = answer.headers["WWW-Authenticate"]
        connection.close()
        registry.terminate()
    shutil.rmtree(instance.sockets)

    assert answer.status == 401
    assert challenge == f'Bearer realm="{instance.url}/auth/token",service="layerstore"'


def test_both_registries_are_told_the_same_but_for_the_algorithms(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))
    old, new = (yaml.safe_load(templates.fill(DEPLOY / "registry" / name, known)) for name in ("2.8.yml.template", "3.yml.template"))

    assert new["auth"]["token"].pop("signingalgorithms") == ["ES256"]
    assert new == old


def test_registries_tell_of_manifests_alone(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))
    (endpoint,) = yaml.safe_load(templates.fill(DEPLOY / "registry" / "2.8.yml.template", known))["notifications"]["endpoints"]

    assert endpoint["ignore"] == {"mediatypes": ["application/octet-stream"]}


def test_a_registry_with_a_jwks_file_is_told_so_and_of_no_bundle(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path)) | {
        "LAYERSTORE_REGISTRY_TRUST": "jwks",
        "LAYERSTORE_TRUSTED_KEYS": "/srv/keys/jwks.json",
    }

    token = yaml.safe_load(templates.fill(DEPLOY / "registry" / "3.yml.template", known))["auth"]["token"]

    assert (token["jwks"], token["signingalgorithms"]) == ("/srv/keys/jwks.json", ["ES256"])
    assert "rootcertbundle" not in token


def test_the_registry_writes_no_secret_into_its_log_and_deletes_by_policy(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))
    config = yaml.safe_load(templates.fill(DEPLOY / "registry" / "3.yml.template", known))

    assert config["log"]["level"] == "warn"
    assert config["http"]["relativeurls"] is True
    assert config["storage"]["delete"] == {"enabled": True}
    assert config["storage"]["redirect"] == {"disable": True}
    endpoint = config["notifications"]["endpoints"][0]
    assert endpoint["url"] == "http://127.0.0.1:11080/registry/events"
    assert endpoint["headers"]["Authorization"] == [f"Bearer {known['LAYERSTORE_EVENTS_SECRET']}"]
