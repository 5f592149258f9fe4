"""Garbage collection on the real registry: what it takes, what goes on meanwhile, and what `-m` would take from buyers."""

import re
import subprocess
import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditEvent
from marketplace.images.oci import INDEX, MANIFEST
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import drain_registry_events
from registry_auth.upkeep.holds import begin_hold, hold_in_force, quiet_after
from registry_auth.upkeep.models import RegistryHold
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory, ManifestFactory
from tests.support.loopback import ask
from tests.support.pulls import Login, pulling
from tests.support.real_registry import told_of
from tests.support.registry import OciImage, Registry, digest_of, index_of, put_manifest, wait_until
from tools.stack.collecting import Collector
from tools.stack.problems import Problem

pytestmark = pytest.mark.django_db(transaction=True)
READABLE = f"{INDEX}, {MANIFEST}"


def configuration_of(registry: Registry) -> Path:
    return Path(str(registry.process.args[-1]))  # type: ignore[index]  # a list: see tests/support/registry.py


def make_read_only(registry: Registry) -> None:
    file = configuration_of(registry)
    configuration = yaml.safe_load(file.read_text())
    configuration["storage"]["maintenance"] = {"readonly": {"enabled": True}}
    file.write_text(yaml.safe_dump(configuration))
    registry.restart()


def collect(registry: Registry, *options: str) -> None:
    command = ["docker-registry", "garbage-collect", *options, str(configuration_of(registry))]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def image():
    return ImageFactory(first_sold_at=timezone.now())


@pytest.fixture
def push_token(image, token_for):
    return token_for(AccessTokenFactory(user=image.owner.user), f"repository:{image.repository}:push,pull,delete")


@pytest.fixture
def pull(registry, image, token_for):
    """Pull by digest as a buyer, layers included; return the status of the worst answer."""
    buyer = AccessTokenFactory()
    EntitlementFactory(holder=buyer.user.account, image=image)
    token = token_for(buyer, f"repository:{image.repository}:pull")

    def ask(path: str):
        return registry.ask("GET", f"/v2/{image.repository}/{path}", token, headers={"Accept": READABLE})

    def pull_image(digest: str):
        manifest = ask(f"manifests/{digest}")
        layers = manifest.json().get("layers", []) if manifest.status_code == 200 else []
        return max([manifest.status_code, *(ask(f"blobs/{layer['digest']}").status_code for layer in layers)])

    return pull_image


@pytest.fixture
def sold(registry, image, push_token) -> dict[str, str]:
    """What buyers have paid for, by digest: a version that its tag has moved on from, and an index with its platforms."""
    old, new = OciImage(["old"]), OciImage(["new"])
    for version in (old, new):
        assert version.push(registry, push_token, image.repository, "1").status_code == 201
    platforms = [OciImage(["for amd64"]), OciImage(["for arm64"], architecture="arm64")]
    for platform in platforms:
        assert platform.push(registry, push_token, image.repository, platform.digest).status_code == 201
    index = index_of(platforms)
    assert put_manifest(registry, push_token, image.repository, "2", index, INDEX).status_code == 201
    return {"old": old.digest, "new": new.digest, "index": digest_of(index), "amd64": platforms[0].digest, "arm64": platforms[1].digest}


@pytest.fixture
def broken_off(registry, image, push_token) -> str:
    """Upload a layer whose manifest never comes; return the blob's path."""
    return upload(registry, push_token, image, OciImage(["broken off"]))


def upload(registry: Registry, token: str, image, pushed: OciImage) -> str:
    layer = pushed.layers[0]["digest"]
    started = registry.ask("POST", f"/v2/{image.repository}/blobs/uploads/", token)
    place = httpx.URL(f"{registry.url}{started.headers['Location']}").copy_merge_params({"digest": layer})
    headers = {"Content-Type": "application/octet-stream"}
    path = place.raw_path.decode()
    assert registry.ask("PUT", path, token, content=pushed.blobs[layer], headers=headers).status_code == 201
    return f"/v2/{image.repository}/blobs/{layer}"


def shop(*arguments: str, lines: Iterable[str] = ()) -> str:
    """Run a command of the shop's as the collector does, but in this process."""
    output, errors = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))
        try:
            call_command(*arguments, stdout=output, stderr=errors)
        except CommandError as error:
            raise Problem(str(error), do=errors.getvalue()) from error
    return output.getvalue()


@pytest.fixture
def collector(registry) -> Collector:
    """A collector for which time flies."""
    file = configuration_of(registry)
    storage = Path(yaml.safe_load(file.read_text())["storage"]["filesystem"]["rootdirectory"])
    return Collector(file, storage, shop, sleep=lambda _: None)


def test_collecting_garbage_takes_what_no_manifest_names_and_nothing_that_was_sold(registry, push_token, sold, pull, collector, broken_off):
    told_of(5)
    assert registry.ask("HEAD", broken_off, push_token).status_code == 200
    would = collector.doomed()

    taken = collector.run()

    (digest, size), *others = taken.items()
    assert (would, others) == (taken, [])
    assert (broken_off.endswith(digest), size) == (True, len(OciImage(["broken off"]).blobs[f"sha256:{digest}"]))
    assert registry.ask("HEAD", broken_off, push_token).status_code == 404
    assert {name: pull(digest) for name, digest in sold.items()} == dict.fromkeys(sold, 200)
    hold = RegistryHold.objects.get()
    assert (hold.kind, hold.checked, hold.removed_blobs, hold.freed, hold.problem) == ("collection", 5, 1, size, "")
    assert hold.ended_at is not None
    details = {"problem": "", "checked": 5, "removed_blobs": 1, "freed": size}
    assert AuditEvent.objects.get(action="registry.collection_ended").details == details
    assert collector.run() == {}  # there is nothing left to take


def test_the_layers_of_a_manifest_that_was_deleted_go_and_shared_ones_stay(registry, sold, pull, collector, token_for):
    other = ImageFactory()
    token = token_for(AccessTokenFactory(user=other.owner.user), f"repository:{other.repository}:push,pull")
    unsold = OciImage(["old", "only here"])
    assert unsold.push(registry, token, other.repository, "3").status_code == 201
    told_of(6)
    staff = AccessTokenFactory(user=UserFactory(staff=True))
    deleting = token_for(staff, f"repository:{other.repository}:delete,pull")
    assert registry.ask("DELETE", f"/v2/{other.repository}/manifests/{unsold.digest}", deleting).status_code == 202
    wait_until(lambda: any(event["action"] == "delete" for envelope in RegistryEnvelope.objects.all() for event in envelope.body))
    drain_registry_events()

    taken = collector.run()

    assert {f"sha256:{digest}" for digest in taken} == {unsold.digest, unsold.config["digest"], unsold.layers[1]["digest"]}
    assert {name: pull(digest) for name, digest in sold.items()} == dict.fromkeys(sold, 200)


def test_pulls_go_on_and_a_push_waits_with_a_sentence_and_works_afterwards(
    registry, image, push_token, sold, pull, collector, broken_off, token_server
):
    buyer, owner = AccessTokenFactory(), AccessTokenFactory(user=image.owner.user)
    EntitlementFactory(holder=buyer.user.account, image=image)
    assert OciImage(["new"]).push(registry, push_token, image.repository, "1.0").status_code == 201
    begun, fresh = OciImage(["begun before"]), OciImage(["fresh"])
    scope = {"scope": f"repository:{image.repository}:push,pull"}
    login = (owner.user.username, owner.secret)
    refused, late = [], []

    def meanwhile(seconds: float) -> None:
        refused.append(ask("GET", f"{token_server}/auth/token", params=scope, auth=login))
        late.append((seconds, begun.push(registry, push_token, image.repository, "3").status_code))
        told_of(6)
        pulls.go_on()

    collector.sleep = meanwhile
    asked: list[tuple[str, Login | None]] = [(image.repository, (buyer.user.username, buyer.secret))] * 2
    with pulling(registry_url=registry.url, token_urls=[token_server], asked=asked) as pulls:
        pulls.during("collection")
        pulls.go_on()
        collector.run()
        pulls.go_on()

    assert {how for _, how in pulls.outcomes} <= {"held", "fresh"}
    assert (refused[0].status_code, refused[0].json()["errors"][0]["code"]) == (403, "DENIED")
    assert "pushes wait while the registry is being cleaned up" in refused[0].json()["errors"][0]["message"]
    # Whoever had a token ended what they had begun, and nothing of it was taken.
    assert late == [(quiet_after().total_seconds(), 201)]
    assert {pull(digest) for digest in (*sold.values(), begun.digest)} == {200}
    token = ask("GET", f"{token_server}/auth/token", params=scope, auth=login).json()["token"]
    assert fresh.push(registry, token, image.repository, "4").status_code == 201
    # A layer that was taken is not believed to be there still: it is uploaded anew, without a restart.
    again = OciImage(["broken off"])
    assert registry.ask("HEAD", broken_off, token).status_code == 404
    assert again.push(registry, token, image.repository, "5").status_code == 201
    assert pull(again.digest) == 200


def test_nothing_is_taken_while_something_that_was_sold_is_missing(registry, push_token, image, sold, collector, broken_off):
    told_of(5)
    ManifestFactory(image=image, digest=f"sha256:{'0' * 64}")

    with pytest.raises(Problem, match="1 parts of what was sold"):
        collector.run()

    assert registry.ask("HEAD", broken_off, push_token).status_code == 200
    assert not RegistryHold.objects.exists()


def test_nothing_is_taken_that_was_sold_whatever_the_registry_says(registry, push_token, sold, collector, broken_off, monkeypatch):
    told_of(5)
    monkeypatch.setattr(Collector, "doomed", lambda _: {sold["old"].removeprefix("sha256:"): 1})

    with pytest.raises(Problem, match="in danger") as caught:
        collector.run()

    assert f"{sold['old']}: It was sold, and is about to be deleted." in caught.value.do
    assert registry.ask("HEAD", broken_off, push_token).status_code == 200
    assert "in danger" in RegistryHold.objects.get().problem


def test_a_collection_that_is_cut_off_ends_its_hold(registry, sold, collector):
    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    collector.sleep = stopped

    with pytest.raises(KeyboardInterrupt):
        collector.run()

    assert (RegistryHold.objects.get().problem, hold_in_force()) == ("The collection was cut off.", None)


def test_a_collection_waits_for_the_end_of_a_backup(registry, sold, collector):
    begin_hold(kind=RegistryHold.Kind.BACKUP)

    with pytest.raises(Problem, match="A backup is under way"):
        collector.run()


def test_a_registry_that_holds_nothing_has_no_garbage(collector):
    assert collector.doomed() == {}
    assert collector.run() == {}


def test_what_the_registrys_command_says_of_its_failure_is_passed_on(registry, sold, collector):
    collector.configuration.write_text("version: 0.1\n")

    with pytest.raises(Problem, match="The registry's collection failed: "):
        collector.doomed()


def test_deleting_what_has_no_tag_would_take_what_buyers_have_paid_for(registry, sold, pull):
    collect(registry, "--delete-untagged")

    assert {name for name, digest in sold.items() if pull(digest) == 404} == {"old", "amd64", "arm64"}


def test_a_registry_that_takes_no_push_goes_on_with_pulls(registry, image, push_token, sold, pull):
    make_read_only(registry)

    assert OciImage(["late"]).push(registry, push_token, image.repository, "3").status_code == 405
    assert {name: pull(digest) for name, digest in sold.items()} == dict.fromkeys(sold, 200)


@pytest.mark.parametrize("template", ["2.8.yml.template", "3.yml.template"])
def test_both_registries_are_made_read_only_by_the_documented_variable(template):
    text = (Path(settings.BASE_DIR) / "deploy" / "registry" / template).read_text()
    filled = re.sub(r"\$\{LAYERSTORE_REGISTRY_READONLY\}", "true", text)

    assert yaml.safe_load(filled)["storage"]["maintenance"] == {"readonly": {"enabled": True}}
