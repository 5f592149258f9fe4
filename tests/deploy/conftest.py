"""The settings step of docker-compose.yml as a module: it stands outside of every package."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings


@pytest.fixture
def step() -> ModuleType:
    file = Path(settings.BASE_DIR) / "deploy" / "compose" / "settings.py"
    spec = importlib.util.spec_from_file_location("settings_step", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
