"""The templates of deploy/, filled."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.stack import templates
from tools.stack.configs import DEPLOY, values
from tools.stack.instance import Instance

TEMPLATES = ["nginx/nginx.conf.template", "nginx/layerstore.conf.template", "registry/2.8.yml.template", "registry/3.yml.template"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_gap_of_every_template_is_filled(name: str, tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))

    assert templates.gaps(DEPLOY / name) <= set(known)
    assert "${LAYERSTORE" not in templates.fill(DEPLOY / name, known)


def test_a_gap_that_nobody_fills_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.write_text("listen ${LAYERSTORE_NOWHERE}; set $host ${other};")

    with pytest.raises(KeyError, match="LAYERSTORE_NOWHERE"):
        templates.fill(template, {})


@pytest.mark.parametrize(("value", "lines"), [("", []), ("10.0.0.0/8", ["10.0.0.0/8"]), ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"])])
def test_a_line_with_a_list_is_repeated_for_each_of_its_words_here_and_in_images(tmp_path: Path, value: str, lines: list[str]) -> None:
    template, target = tmp_path / "template", tmp_path / "target"
    template.write_text("geo {\n    ${each LAYERSTORE_TRUSTED_PROXY}  1; # \\ $x }\n}\n")
    expected = "".join(["geo {\n", *(f"    {line}  1; # \\ $x }}\n" for line in lines), "}\n"])

    start = [str(DEPLOY / "compose/start"), "/dev/null", f"{template}={target}", "--", "true"]
    subprocess.run(start, env=os.environ | {"LAYERSTORE_TRUSTED_PROXY": value}, check=True)

    assert templates.fill(template, {"LAYERSTORE_TRUSTED_PROXY": value}) == target.read_text() == expected
