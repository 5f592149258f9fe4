"""The import contracts of pyproject.toml: each is kept, and each breaks when an import against it is planted."""

from copy import deepcopy
from functools import cache
from itertools import pairwise

import grimp
import pytest
from importlinter.application.use_cases import _register_contract_types, read_user_options
from importlinter.configuration import configure
from importlinter.domain.contract import Contract, registry

from tools.stack.instance import ROOT

configure()
OPTIONS = read_user_options(str(ROOT / "pyproject.toml"))
_register_contract_types(OPTIONS)
CONTRACTS = {options["name"]: options for options in OPTIONS.contracts_options}
LAYERED = [(name, container) for name, options in CONTRACTS.items() for container in options.get("containers", [""]) if "layers" in options]


@cache
def imports() -> grimp.ImportGraph:
    packages = OPTIONS.session_options["root_packages"]
    external = OPTIONS.session_options.get("include_external_packages") in {True, "True"}
    return grimp.build_graph(*packages, include_external_packages=external, cache_dir=None)


def contract(name: str) -> Contract:
    options = dict(CONTRACTS[name])
    return registry.get_contract_class(options["type"])(name, OPTIONS.session_options, options)


def kept(name: str, *planted: tuple[str, str]) -> bool:
    """Whether the contract holds with these imports added, each from the first module to the second."""
    graph = deepcopy(imports())
    for importer, imported in planted:
        graph.add_import(importer=importer, imported=imported)
    return bool(contract(name).check(graph, verbose=False).kept)


def layers_of(name: str, container: str) -> list[str]:
    """The layers that exist, one module of each, from the top down."""
    rows = [layer.replace("|", " ").replace(":", " ").replace("(", "").replace(")", "").split() for layer in CONTRACTS[name]["layers"]]
    paths = [[f"{container}.{module}" if container else module for module in row] for row in rows]
    return [found[0] for row in paths if (found := [path for path in row if path in imports().modules])]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_kept(name: str) -> None:
    assert kept(name)


@pytest.mark.parametrize(("name", "container"), LAYERED)
def test_an_import_from_a_layer_to_the_one_above_breaks_it(name: str, container: str) -> None:
    found = layers_of(name, container)

    assert [(below, above) for above, below in pairwise(found) if kept(name, (below, above))] == []


@pytest.mark.parametrize("name", [name for name, options in CONTRACTS.items() if options["type"] == "forbidden"])
def test_a_forbidden_import_breaks_it(name: str) -> None:
    source, forbidden = (next(iter(CONTRACTS[name][which])) for which in ("source_modules", "forbidden_modules"))

    assert not kept(name, (source, forbidden))


@pytest.mark.parametrize("name", [name for name, options in CONTRACTS.items() if options["type"] == "acyclic_siblings"])
def test_a_circle_of_two_modules_in_a_room_breaks_it(name: str) -> None:
    assert not kept(
        name, ("marketplace.images.names", "marketplace.images.versions"), ("marketplace.images.versions", "marketplace.images.names")
    )


@pytest.mark.parametrize("name", [name for name, options in CONTRACTS.items() if options.get("exhaustive")])
def test_a_room_that_no_layer_names_breaks_it(name: str) -> None:
    graph = deepcopy(imports())
    graph.add_module(f"{CONTRACTS[name]['containers'][0]}.attic")

    assert not contract(name).check(graph, verbose=False).kept
