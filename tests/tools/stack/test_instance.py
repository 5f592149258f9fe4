import os
import stat
from pathlib import Path

import pytest

from tools.stack.environment import forget_stripe, plain_environment, shop_environment
from tools.stack.instance import SOCKET_PATH_LIMIT, Instance, write_private
from tools.stack.ports import free_base_port, is_free, listening_inodes, require_free_ports
from tools.stack.problems import Problem, last_lines


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(port=8080, var=tmp_path)


def test_without_variables_it_is_port_8080_and_var_of_the_checkout() -> None:
    instance = Instance.from_environment({})

    assert instance.port == 8080
    assert instance.var.name == "var"


def test_every_inner_port_follows_from_the_one(instance: Instance) -> None:
    assert instance.ports == {"nginx": 8080, "registry": 9080, "sandbox": 10080, "inner": 11080, "mail": 12080}


@pytest.mark.parametrize("port", ["http", "80", "28768", "-1", "８０８０"])
def test_a_port_out_of_range_is_refused_with_the_range(port: str) -> None:
    with pytest.raises(Problem, match="LAYERSTORE_PORT") as caught:
        Instance.from_environment({"LAYERSTORE_PORT": port})

    assert "from 1024 to 28767" in caught.value.do


def test_two_folders_have_two_socket_folders(tmp_path: Path) -> None:
    one, other = Instance(port=8080, var=tmp_path / "a"), Instance(port=8180, var=tmp_path / "b")

    assert one.sockets != other.sockets


def test_the_longest_socket_path_fits_however_deep_the_data_lies(tmp_path: Path) -> None:
    instance = Instance(port=8080, var=tmp_path / ("deep/" * 60))

    longest = instance.sockets / "docker" / "containerd" / "containerd-debug.sock"
    assert len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT


def test_secrets_are_made_once_and_private(instance: Instance) -> None:
    first = dict(instance.secrets)

    assert Instance(port=8080, var=instance.var).secrets == first
    assert stat.S_IMODE((instance.var / "secrets.json").stat().st_mode) == 0o600


def test_another_instance_has_other_secrets(instance: Instance, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    assert not set(instance.secrets.values()) & set(Instance(port=8180, var=other).secrets.values())


def test_a_private_file_stays_private_when_it_replaces_an_open_one(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    file.write_text("old")
    file.chmod(0o644)

    write_private(file, "new")

    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_live_stripe_key_stops_everything() -> None:
    environment = {"STRIPE_SECRET_KEY": "sk_live_abc", "HOME": "/"}

    with pytest.raises(Problem, match="live Stripe key") as caught:
        forget_stripe(environment)

    assert "unset STRIPE_SECRET_KEY" in caught.value.do


def test_every_other_stripe_variable_is_forgotten() -> None:
    environment = {"STRIPE_SECRET_KEY": "sk_test_abc", "STRIPE_API_BASE": "https://api.stripe.com", "HOME": "/"}

    forget_stripe(environment)

    assert environment == {"HOME": "/"}


def test_the_parts_see_no_proxy_and_nothing_else_of_the_users_shell() -> None:
    environment = plain_environment({"http_proxy": "http://proxy", "AWS_SECRET": "x", "HOME": "/home/mira", "LANG": "de_DE.UTF-8"})

    assert set(environment) == {"HOME", "LANG", "PATH", "PYTHONPATH", "PYTHONUNBUFFERED"}
    assert environment["HOME"] == "/home/mira"


def test_the_shop_only_knows_the_sandbox_as_stripe(instance: Instance) -> None:
    environment = shop_environment(instance)

    assert environment["STRIPE_API_BASE"] == "http://127.0.0.1:10080"
    assert environment["STRIPE_SECRET_KEY"].startswith("sk_test_")


def test_a_taken_port_is_named_with_its_part_its_holder_and_the_variable(tmp_path: Path) -> None:
    import socket  # noqa: PLC0415 - only here

    instance = Instance(port=free_base_port(), var=tmp_path)
    with socket.create_server(("127.0.0.1", instance.ports["registry"])), pytest.raises(Problem) as caught:
        require_free_ports(instance)

    assert caught.value.what.startswith(f"Port {instance.ports['registry']}, which registry needs (LAYERSTORE_PORT + 1000), is in use by ")
    assert f"(process {os.getpid()})" in caught.value.what
    assert "LAYERSTORE_PORT=" in caught.value.do


def test_free_ports_are_no_problem(tmp_path: Path) -> None:
    instance = Instance(port=free_base_port(), var=tmp_path)

    require_free_ports(instance)

    assert is_free(instance.port)


def test_only_listening_sockets_of_the_port_count(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
        "   1: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n"
        "   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1\n"
    )

    assert listening_inodes(table, 8080) == ["4711"]


def test_a_problem_shows_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))

    text = str(Problem("web ended.", do="mend it.", log=log))

    assert text.splitlines()[0] == "web ended."
    assert text.splitlines()[1] == "  What to do: mend it."
    assert text.splitlines()[-1].strip() == "line 99"
    assert "line 79" not in text


def test_a_missing_log_says_so(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == ["(there is no such file)"]
