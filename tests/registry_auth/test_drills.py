"""Drills: keys are changed under clients that pull without end. Real token processes, the real registry, the very commands of the runbook."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from accounts.tokens.models import AccessToken
from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from registry_auth.keys.leaves import SigningKey, new_leaf, new_private_key, private_pem, signing_key
from registry_auth.keys.ring import KeyRing
from registry_auth.keys.store import AUTHORITY_FOLDER, KeyStore
from registry_auth.management.commands import signing_keys
from registry_auth.token.signing import AccessEntry, Claims, sign
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory
from tests.registry_auth.conftest import token_from
from tests.support.pulls import Pulls, pulling
from tests.support.registry import OciImage, Registry, running_registry
from tests.support.token_process import TokenProcess, running_token_process

pytestmark = pytest.mark.django_db(transaction=True)
WELL = {"held", "fresh"}


def keys(*arguments: str) -> str:
    """Run a key command as the runbook writes it."""
    out = StringIO()
    call_command("signing_keys", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory) -> Iterator[Path]:
    """Where the token processes look for keys."""
    folder = tmp_path_factory.mktemp("drills") / "keys"
    with override_settings(LAYERSTORE_KEYS_DIR=folder):
        yield folder


@pytest.fixture(scope="module")
def token_processes(keys_folder: Path, django_db_setup) -> Iterator[list[TokenProcess]]:
    """Two of them, with two workers each: none knows of the others. They go on from drill to drill, and no drill restarts them."""
    KeyStore(keys_folder).init(now=timezone.now())  # a process without keys does not begin
    with ExitStack() as running:
        yield [running.enter_context(running_token_process(keys_folder.with_name(f"token-{number}.log"))) for number in (1, 2)]


@pytest.fixture
def key_store(keys_folder: Path, token_processes, age_of_keys: timedelta) -> KeyStore:
    """Keys made for this drill, in place of those of the drill before."""
    shutil.rmtree(keys_folder)
    store = KeyStore(keys_folder)
    store.init(now=timezone.now() - age_of_keys)
    return store


@pytest.fixture
def bundle(key_store, tmp_path: Path) -> Path:
    """The registry's own copy of the bundle, as somebody has given it to it."""
    keys("bundle", "--output", str(tmp_path / "its-bundle.pem"))
    return tmp_path / "its-bundle.pem"


@pytest.fixture
def registry(bundle, token_processes, tmp_path: Path) -> Iterator[Registry]:
    """A real registry. Nobody hears of its events: they are not what is drilled."""
    nowhere = {"events_url": "http://127.0.0.1:9/registry/events", "events_secret": "nobody's"}
    with running_registry(tmp_path / "registry", bundle=bundle, realm=f"{token_processes[0].url}/auth/token", **nowhere) as running:
        yield running


@dataclass
class Shop:
    """An image that is sold and one that is free, both pushed."""

    sold: Image
    free: Image
    buyer: AccessToken
    seller: AccessToken


@pytest.fixture
def shop(registry, token_processes) -> Shop:
    sold = ImageFactory()
    free = ImageFactory(namespace=sold.namespace)
    FreeProductFactory(namespace=free.namespace, images=[free])
    person = UserFactory()
    made = Shop(sold, free, AccessTokenFactory(user=person), AccessTokenFactory(user=sold.owner.user))
    EntitlementFactory(holder=person.account, image=sold)
    for image in (sold, free):
        token = token_from(token_processes[0].url, made.seller, f"repository:{image.repository}:push,pull")
        OciImage(["one"]).push(registry, token, image.repository, "1.0")
    return made


@pytest.fixture
def pulls(registry, token_processes, shop) -> Iterator[Pulls]:
    """Clients that pull without end: the buyer twice, the seller, and somebody without a name."""
    buyer, seller = ((credential.user.username, credential.secret) for credential in (shop.buyer, shop.seller))
    asked = [(shop.sold.repository, buyer), (shop.sold.repository, buyer), (shop.sold.repository, seller), (shop.free.repository, None)]
    with pulling(registry_url=registry.url, token_urls=[process.url for process in token_processes], asked=asked) as going_on:
        going_on.go_on()
        yield going_on


@pytest.mark.parametrize("age_of_keys", [timedelta(days=61)])
def test_a_whole_rotation_fails_no_pull_and_restarts_nothing(pulls, registry, token_processes, key_store, monkeypatch):
    started = [registry.process.pid, *(worker for process in token_processes for worker in sorted(process.workers()))]
    (first,) = (leaf.kid for leaf in key_store.index.leaves)

    def do(*command: str) -> str:
        pulls.during(" ".join(command))
        said = keys(*command)
        pulls.during(f"after {command[0]}")
        pulls.go_on()
        return said

    assert "signs now" in do("renew")
    second = key_store.index.active.kid
    third, unused = do("add").split()[0], keys("add").split()[0]
    do("retire", unused)
    do("promote", third)
    tomorrow = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(signing_keys, "timezone", SimpleNamespace(now=lambda: tomorrow))
    assert {line.split()[0] for line in do("renew").splitlines()} == {first, second, unused}

    assert {outcome for _, outcome in pulls.outcomes} == WELL
    # Held tokens of the former key are used on; what is asked for anew is signed by the new one in every process at once.
    assert pulls.kids["after promote"] <= {second, third}
    pulls.go_on()
    pulls.during("the end")
    pulls.go_on()
    assert pulls.kids["the end"] == {third}
    assert [registry.process.pid, *(worker for process in token_processes for worker in sorted(process.workers()))] == started
    assert registry.process.poll() is None


def test_the_drill_tells_a_rotation_in_the_wrong_order(pulls):
    """A leaf of a new authority signs before registries know it: what the drill above must be able to see."""
    pulls.during("promoted too early")
    for command in ("add-authority", "add", "promote"):
        keys(command)
    pulls.go_on()

    assert pulls.went("fresh token refused: 401") == {"promoted too early"}


RUNBOOK = (Path(django_settings.BASE_DIR) / "docs" / "operations.md").read_text().partition("### A leaf has leaked")[2].partition("###")[0]
STEPS = re.findall(r"^\d\. (.+(?:\n   .+)*)", RUNBOOK, re.MULTILINE)


def test_the_runbook_for_a_leak_shuts_out_what_leaked_and_fails_no_pull(pulls, registry, token_processes, bundle, shop, key_store):
    repository = shop.sold.repository
    kept = token_from(token_processes[0].url, shop.buyer, f"repository:{repository}:pull")
    leaked = [KeyRing(key_store.directory).signing_key(now=timezone.now()), key_of_a_thief_with_the_authority(key_store)]

    def opened() -> list[int]:
        """What the registry says to the token that was kept, and to two that thieves sign now."""
        tokens = [kept, *(forged(key, repository) for key in leaked)]
        path, accept = f"/v2/{repository}/manifests/1.0", {"Accept": MANIFEST}
        return [registry.ask("GET", path, token, headers=accept).status_code for token in tokens]

    assert opened() == [200, 200, 200]
    done, said = [], ""
    for number, step in enumerate(STEPS, 1):
        pulls.during(f"step {number}")
        for command in re.findall(r"`keys ([a-z-]+)`", step):
            done.append(command)
            said = keys(command)
        if step.startswith("Give the bundle to every registry"):
            done.append("restart")
            keys("bundle", "--output", str(bundle))
            registry.restart()
        pulls.go_on()

    assert done == ["add-authority", "add", "restart", "promote", "drop-authorities", "restart", "list"]
    assert said.count("authority") == 1
    assert opened() == [401, 401, 401]
    # Nobody answers only while it restarts; what clients hold is refused at the last restart alone; what they ask for anew, never.
    assert {outcome for _, outcome in pulls.outcomes} <= {*WELL, "held token refused", "nobody answers"}
    assert pulls.went("nobody answers") <= {"step 2", "step 5"}
    assert pulls.went("held token refused") <= {"step 5"}
    assert pulls.kids["step 7"] == {key_store.index.active.kid}


def forged(key: SigningKey, repository: str) -> str:
    """A token that a thief signs for whatever he likes."""
    access = [AccessEntry(type="repository", name=repository, actions=["pull"])]
    return sign(Claims("layerstore", "layerstore", "thief", access, int(timezone.now().timestamp()), 300), key)


def key_of_a_thief_with_the_authority(key_store) -> SigningKey:
    """The key of a leaf that he has made for himself."""
    pem = next((key_store.directory / AUTHORITY_FOLDER).iterdir()).read_bytes()
    authority_key = cast("ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(pem, None))
    key = new_private_key()
    leaf = new_leaf(key=key, authority=key_store.index.authorities[0], authority_key=authority_key, now=timezone.now())
    return signing_key(certificate=leaf, private_key_pem=private_pem(key))
