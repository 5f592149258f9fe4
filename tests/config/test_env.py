"""Each setting that a machine decides is declared once, read by the settings, and in the manual as it was declared."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config import env
from config.management.commands.document_settings import MANUAL, documented
from tests.support.token_process import shop_environment

CONFIG = Path(settings.BASE_DIR, "config")
SETTINGS = {file: file.read_text(encoding="utf-8") for file in (CONFIG / "settings").glob("*.py")}


def test_no_variable_is_declared_twice() -> None:
    names = [variable.name for variable in env.declared().values()]

    assert len(set(names)) == len(names) > 40


def test_each_variable_is_read_by_the_settings_and_each_that_they_read_is_declared() -> None:
    read = {name for source in SETTINGS.values() for name in re.findall(r"\benv\.([A-Z_]+)\.(?:read|required)\(", source)}

    assert read == set(env.declared())


def test_nothing_else_in_the_shop_reads_the_environment() -> None:
    sources = [file for app in ("config", *settings.INSTALLED_APPS) for file in (Path(settings.BASE_DIR) / app).rglob("*.py")]
    reading = {
        file for file in sources if re.search(r"os\.(environ\.get|environ\[[^\]]*\](?! =)|getenv)", file.read_text(encoding="utf-8"))
    }

    assert {str(file.relative_to(CONFIG)) for file in reading} == {"variables.py", "settings/test.py"}


def test_the_table_in_the_manual_is_up_to_date() -> None:
    manual = MANUAL.read_text(encoding="utf-8")

    assert manual == documented(manual), "run manage.py document_settings"


@pytest.mark.parametrize("module", ["local", "production", "inner", "token"])
def test_no_process_starts_with_a_currency_that_has_no_row(module: str) -> None:
    environment = shop_environment() | {"LAYERSTORE_CURRENCIES": "eur,xyz", "DJANGO_SETTINGS_MODULE": f"config.settings.{module}"}
    command = [sys.executable, "-c", "import django; django.setup()"]
    done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "LAYERSTORE_CURRENCIES must name some of" in done.stderr
    assert "'xyz'" in done.stderr


@pytest.mark.parametrize(
    ("bucket", "storage"),
    [pytest.param("", "FileSystemStorage False False", id="files"), pytest.param("pictures", "BucketStorage True True", id="bucket")],
)
def test_pictures_are_files_unless_a_bucket_is_named_and_what_it_needs_is_loaded_only_then(bucket: str, storage: str) -> None:
    environment = shop_environment() | {"LAYERSTORE_MEDIA_BUCKET": bucket, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    ask = "import sys, django; django.setup(); from django.core.files.storage import default_storage as s; s.url('x')\n"
    ask += "print(type(s._wrapped).__name__, 'boto3' in sys.modules, 'storages' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == storage
