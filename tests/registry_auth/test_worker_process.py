"""The worker as a process that sees certificates and public keys alone, as compose lets it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from marketplace.images.models import Tag
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.keys.index import INDEX_FILE
from registry_auth.keys.store import BUNDLE_FILE, JWKS_FILE
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ImageFactory
from tests.support.registry import OciImage, wait_until
from tests.support.token_process import shop_environment

pytestmark = pytest.mark.django_db(transaction=True)
RECONCILE = "import django; django.setup(); from registry_auth.upkeep.tasks import reconcile_registry; reconcile_registry()"


def test_without_a_private_key_it_reconciles_with_the_real_registry_and_logs_no_secret(registry, token_for, key_store, tmp_path: Path):
    image = ImageFactory()
    pushed = OciImage(["one", "two"])
    token = token_for(AccessTokenFactory(user=image.owner.user), f"repository:{image.repository}:push,pull")
    pushed.push(registry, token, image.repository, "1.0")
    wait_until(RegistryEnvelope.objects.exists)
    RegistryEnvelope.objects.all().delete()
    public = tmp_path / "public"
    public.mkdir()
    for name in (INDEX_FILE, BUNDLE_FILE, JWKS_FILE):
        shutil.copy(key_store.directory / name, public)

    environment = {**shop_environment(), "LAYERSTORE_KEYS_DIR": str(public), "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    command = [sys.executable, "-c", RECONCILE]
    done = subprocess.run(command, env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "registry reconciled" in done.stderr
    tag = Tag.objects.get(image=image)
    assert (tag.name, tag.manifest.digest, len(tag.manifest.layer_list.layers)) == ("1.0", pushed.digest, 2)
    assert not any(secret in done.stderr for secret in ("lss_", "eyJ", "Basic "))
