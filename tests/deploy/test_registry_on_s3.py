"""Debian's registry with our configuration for S3, before moto's server: what skopeo pushes lies in the bucket and comes back as it was."""

import base64
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
import yaml

from tests.support.loopback import ask
from tests.support.ports import free_port
from tests.support.registry import wait_until
from tests.support.trade import silent
from tools.bench.mock_aws import REGION, SETTINGS, MockAWS
from tools.stack.clients import SkopeoClient
from tools.stack.configs import DEPLOY, values
from tools.stack.environment import plain_environment
from tools.stack.instance import Instance
from tools.stack.packages import find_program
from tools.stack.recipes import Layer, Recipe
from tools.stack.templates import fill

BUCKET = "layers"
A_PART = 10 * 1024 * 1024  # the registry's default: what is larger is uploaded in several


@pytest.fixture(scope="module")
def aws() -> Iterator[MockAWS]:
    with MockAWS() as running:
        yield running


@pytest.fixture
def registry(aws: MockAWS, tmp_path: Path) -> Iterator[str]:
    """A registry without files of its own; yield its address. Its doors stay open: who may come in is tested elsewhere."""
    listen = f"127.0.0.1:{free_port()}"
    known = values(Instance(port=8080, var=tmp_path)) | {
        "LAYERSTORE_REGISTRY_LISTEN": listen,
        "LAYERSTORE_REGISTRY_REGION": REGION,
        "LAYERSTORE_REGISTRY_BUCKET": BUCKET,
        "LAYERSTORE_REGISTRY_ENDPOINT": aws.url,
    }
    configuration = yaml.safe_load(fill(DEPLOY / "registry/2.8-s3.yml.template", known))
    del configuration["auth"], configuration["notifications"]
    (tmp_path / "config.yml").write_text(yaml.safe_dump(configuration))
    command = [find_program("docker-registry") or "docker-registry", "serve", str(tmp_path / "config.yml")]
    with (tmp_path / "log").open("wb") as log:
        # Credentials by the environment, as a role's come by the address that its environment names: the configuration has none.
        process = subprocess.Popen(command, env=plain_environment(os.environ) | SETTINGS, cwd=tmp_path, stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or answers(listen), seconds=30)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield listen
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(listen: str) -> bool:
    try:
        return ask("GET", f"http://{listen}/v2/").is_success
    except httpx.HTTPError:
        return False


def test_what_is_pushed_lies_in_the_bucket_and_is_pulled_through_the_registry(aws: MockAWS, registry: str, tmp_path: Path) -> None:
    client = boto3.client("s3", endpoint_url=aws.url, region_name=REGION, aws_access_key_id="nobody", aws_secret_access_key="nothing")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    (tmp_path / "auth.json").write_text("{}")
    skopeo = SkopeoClient(folder=tmp_path, base=plain_environment(os.environ))
    noise = base64.b64encode(random.Random(1).randbytes(A_PART)).decode()
    recipe = Recipe("acme/db", "1.0", [Layer("small", texts={"/a": "a"}), Layer("large", texts={"/b": noise})], entrypoint=["/a"])

    pushed = skopeo.publish(recipe, f"{registry}/acme/db:1.0", tmp_path / "context", silent)

    assert skopeo.pull(f"{registry}/acme/db:1.0", silent) == pushed
    page = client.list_objects_v2(Bucket=BUCKET, Prefix="docker/registry/v2/blobs/")
    sizes = sorted(each["Size"] for each in page["Contents"])
    assert len(sizes) == 4  # two layers, a configuration, a manifest
    assert sizes[-1] > A_PART
    layer = next(each["Key"] for each in page["Contents"] if each["Size"] == sizes[-1]).split("/")[-2]
    told = ask("GET", f"http://{registry}/v2/acme/db/blobs/sha256:{layer}", follow_redirects=False)
    assert (told.status_code, len(told.content)) == (200, sizes[-1])  # nobody is sent to the bucket
