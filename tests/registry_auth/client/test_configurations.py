"""What pages show of an image's configuration, its authors being strangers."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.contents.facts import LONGEST_VALUE, MOST_CHARACTERS, MOST_ENTRIES, Entry, ImageFacts
from registry_auth.client.configurations import ConfigurationReader
from registry_auth.client.manifests import describe_image, read_document
from tests.support import hostile
from tests.support.registry import OciImage

WHOLE = {
    "config": {
        "Entrypoint": ["/entry.sh", "--now"],
        "Cmd": ["serve"],
        "User": "1000:1000",
        "WorkingDir": "/srv",
        "ExposedPorts": {"8080/tcp": {}, "53/udp": {}},
        "Volumes": {"/data": {}},
        "Env": ["PATH=/bin", "EMPTY=", "DB_PASSWORD=hunter2", "A=b=c", "=x"],
        "Labels": {"org.opencontainers.image.title": "DB", "api-token": "abc"},
    },
    "history": [{"created_by": "/bin/sh -c #(nop) ENV DB_PASSWORD=hunter2", "empty_layer": True}, {"created_by": "RUN make"}],
}


def read(config: dict) -> ConfigurationReader:
    return ConfigurationReader({"config": config})


def test_a_configuration_is_told_without_its_secrets() -> None:
    found = ConfigurationReader(WHOLE)

    assert found.facts == ImageFacts(
        entrypoint=("/entry.sh", "--now"),
        command=("serve",),
        user="1000:1000",
        working_directory="/srv",
        ports=("53/udp", "8080/tcp"),
        volumes=("/data",),
        environment=(Entry("PATH", "/bin"), Entry("EMPTY"), Entry("DB_PASSWORD", hidden=True), Entry("A", "b=c")),
        labels=(Entry("api-token", hidden=True), Entry("org.opencontainers.image.title", "DB")),
    )
    assert found.hidden == ["the environment variable DB_PASSWORD", "the label api-token", "the build step ENV"]
    assert "hunter2" not in json.dumps(msgspec.to_builtins(found.facts))


@pytest.mark.parametrize(
    ("user", "is_root"), [("", True), ("0", True), ("root:wheel", True), ("0:0", True), ("app", False), ("1000:0", False)]
)
def test_root_goes_by_its_name_its_number_and_none(user: str, *, is_root: bool) -> None:
    assert read({"User": user}).facts.runs_as_root is is_root


def test_a_start_command_is_told_without_its_secrets() -> None:
    found = read({"Entrypoint": ["app", "--token", "abc123", "--key=x", "--token", "--next"], "Cmd": "app --password hunter2"})

    assert found.facts.entrypoint == ("app", "--token", "[hidden]", "--key=x", "--token", "--next")
    assert found.facts.command == ("app --password [hidden]",)
    assert found.hidden == ["the entrypoint", "the command"]


def test_a_layer_is_told_without_the_secrets_of_its_command() -> None:
    image = OciImage(["one"])
    config = read_document(image.blobs[image.config["digest"]])

    found = describe_image(read_document(image.manifest), {**config, "history": [{"created_by": "RUN |1 NPM_TOKEN=abc /bin/sh -c npm ci"}]})

    assert [layer.command for layer in found.layers] == ["RUN |1 NPM_TOKEN=[hidden] /bin/sh -c npm ci"]


def test_letters_that_hide_or_turn_the_writing_are_told_as_such() -> None:
    found = read({"WorkingDir": "a\x00b\ud800c\u202ed\u200be\nf\tg"})

    assert found.facts.working_directory == "a�b�c�d�e f g"


def test_however_much_a_configuration_says_pages_show_a_little_and_count_the_rest() -> None:
    many = 300
    found = read(
        {
            "Entrypoint": ["x"] * many,
            "ExposedPorts": {f"{n}/tcp": {} for n in range(many)},
            "Env": [f"V{n}=" + "x" * 10_000 for n in range(many)],
            "Labels": {f"l{n}": "x" * 10_000 for n in range(many)},
        }
    )

    facts = found.facts
    assert [len(facts.entrypoint), len(facts.ports)] == [MOST_ENTRIES, MOST_ENTRIES]
    assert len(facts.environment[0].value) == LONGEST_VALUE
    assert len(facts.environment) + facts.left_out["environment"] == many
    assert facts.left_out["labels"] == many - len(facts.labels)
    texts = [
        *facts.entrypoint,
        *facts.ports,
        *(part for entry in (*facts.environment, *facts.labels) for part in (entry.name, entry.value)),
    ]
    assert sum(map(len, texts)) <= MOST_CHARACTERS


def test_very_many_secrets_are_hidden_each_and_named_a_few() -> None:
    found = read({"Env": [f"TOKEN{n}=hunter2" for n in range(900)]})

    assert {entry.hidden for entry in found.facts.environment} == {True}
    assert len(found.hidden) == MOST_ENTRIES


def test_nothing_that_a_configuration_may_be_is_an_error() -> None:
    for value in hostile.VALUES:
        for inside in (value, [value], {"x": value}, {str(value): value}):
            config = dict.fromkeys(("Entrypoint", "Cmd", "User", "WorkingDir", "ExposedPorts", "Volumes", "Env", "Labels"), inside)
            stored = json.dumps(msgspec.to_builtins(ConfigurationReader({"config": config, "history": inside}).facts), ensure_ascii=False)
            assert "\x00" not in stored
            stored.encode()
        ConfigurationReader({"config": value, "history": [value, {"created_by": value}]})


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
)
def test_any_json_is_a_configuration(value: object) -> None:
    ConfigurationReader({"config": {"Env": value, "Labels": value, "Entrypoint": value, "ExposedPorts": value}, "history": value})
