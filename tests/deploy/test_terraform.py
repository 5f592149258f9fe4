"""deploy/terraform without terraform: what must hold in its text. What its plans must hold is in deploy/terraform/tests."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import env
from config.jobs import LANES
from tests.support.terraform import HERE, MODULES, environment, module, resources, root

ROOT = HERE.parent.parent
COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
ENVIRONMENTS = ("small", "large")
# What may not be lost by a slip of the hand.
KEPT = {
    ("database", "aws_db_instance"),
    ("storage", "aws_s3_bucket"),
    ("secrets", "aws_efs_file_system"),
    ("secrets", "aws_kms_key"),
    ("secrets", "aws_cloudformation_stack"),
    ("stream", "aws_msk_cluster"),
}
# Where each kind of resource says by which key it is encrypted.
ENCRYPTED = {
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_db_instance": "kms_key_id",
    "aws_dynamodb_table": "server_side_encryption",
    "aws_efs_file_system": "kms_key_id",
    "aws_elasticache_replication_group": "kms_key_id",
    "aws_msk_cluster": "encryption_info",
    "aws_scheduler_schedule": "kms_key_arn",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_sns_topic": "kms_master_key_id",
}


def text_of(*names: str) -> str:
    folders = [HERE / "modules" / name for name in names]
    return "\n".join(file.read_text(encoding="utf-8") for folder in folders for file in sorted(folder.glob("*.tf")))


def local(name: str, value: str) -> Any:
    (found,) = [block[value] for block in module(name)["locals"] if value in block]
    return found


# ── who reaches what ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_load_balancer_is_open_to_addresses() -> None:
    rules = [(label, content) for _, kind, label, content in resources() if kind == "aws_vpc_security_group_ingress_rule"]
    opened = {label: content for label, content in rules if {"cidr_ipv4", "cidr_ipv6", "prefix_list_id"} & content.keys()}

    assert list(opened) == ["world"]
    assert opened["world"]["security_group_id"] == '${aws_security_group.part["balancer"].id}'
    assert {label for label, _ in rules} == {"world", "flow", "endpoints"}


def test_nothing_opens_a_group_in_another_way() -> None:
    groups = [content for _, kind, _, content in resources() if kind in {"aws_security_group", "aws_default_security_group"}]

    assert not [content for content in groups if {"ingress", "egress"} & content.keys()]
    assert not [kind for _, kind, _, _ in resources() if kind in {"aws_security_group_rule", "aws_network_interface_sg_attachment"}]


def test_only_the_load_balancer_stands_in_public_subnets() -> None:
    (network,) = [block["network"] for block in root()["module"] if "network" in block]
    public = {name for block in root()["module"] for name, content in block.items() if "subnets.public" in str(content.get("subnets"))}

    assert network["source"] == "./modules/network"
    assert public == {"dns_tls"}
    assert [content["internal"] for _, kind, _, content in resources() if kind == "aws_lb"] == [False]


@pytest.mark.parametrize(
    ("part", "subnets", "group"),
    [
        ("database", "data", "database"),
        ("cache", "data", "cache"),
        ("stream", "data", "stream"),
        ("secrets", "private", "volume"),
        ("dns_tls", "public", "balancer"),
    ],
)
def test_each_part_stands_behind_its_own_group(part: str, subnets: str, group: str) -> None:
    (content,) = [block[part] for block in root()["module"] if part in block]

    assert content["subnets"] == f"${{module.network.subnets.{subnets}}}"
    assert content["security_group"] == f"${{module.network.security_groups.{group}}}"


# ── what is secret, what is kept ──────────────────────────────────────────────────────────────────────────────────────


def test_no_secret_is_in_a_variable_or_in_state() -> None:
    attributes = {"password", "auth_token", "secret_string", "passwords", "master_password", "value_wo", "private_key"}
    said = [(name, kind, label) for name, kind, label, content in resources() if attributes & content.keys()]
    variables = [
        name
        for blocks in (*map(module, MODULES), root(), *map(environment, ENVIRONMENTS))
        for block in blocks.get("variable", [])
        for name in block
        if re.search("password|secret_value|token|stripe", name)
    ]

    assert (said, variables) == ([], [])
    assert not [
        kind for _, kind, _, _ in resources() if kind in {"aws_secretsmanager_secret_version", "random_password", "tls_private_key"}
    ]
    assert not re.search(r'data "aws_secretsmanager_secret_version"', text_of(*MODULES))


def test_random_secrets_are_made_by_aws() -> None:
    stacks = {(name, label) for name, kind, label, _ in resources() if kind == "aws_cloudformation_stack"}

    assert stacks == {("secrets", "generated"), ("cache", "user"), ("cache", "address"), ("stream", "user")}
    assert text_of("secrets", "cache", "stream").count("GenerateSecretString") == 3


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_everything_that_is_kept_is_encrypted_by_our_own_key(kind: str) -> None:
    found = {(name, label): content for name, other, label, content in resources() if other == kind}

    assert found
    assert {where for where, content in found.items() if ENCRYPTED[kind] not in content} == set()


def test_what_cannot_be_made_again_is_not_destroyed() -> None:
    protected = {(name, kind) for name, kind, _, content in resources() if {"prevent_destroy": True} in content.get("lifecycle", [])}

    assert protected == KEPT
    assert not re.search(
        r"deletion_protection(_enabled)?\s*=\s*false|force_destroy\s*=\s*true|skip_final_snapshot\s*=\s*true", text_of(*MODULES)
    )


# ── the processes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\b(?:LAYERSTORE|STRIPE)_[A-Z_]+\b", text))


def test_each_variable_of_the_shop_is_decided_here_left_to_the_operator_or_the_images() -> None:
    declared = {variable.name for variable in env.declared().values()}
    image = set(re.findall(r"(LAYERSTORE_[A-Z_]+)=/", (ROOT / "Dockerfile").read_text(encoding="utf-8")))
    demo = {"LAYERSTORE_MAILBOX_URL", "LAYERSTORE_SANDBOX_URL", "STRIPE_API_BASE"}
    free = set(local("services", "free"))
    settings = (HERE / "modules" / "services" / "settings.tf").read_text(encoding="utf-8")
    decided = names_in(settings) - free

    assert free | decided == declared - image - demo
    assert free & decided == set()


def test_every_other_variable_is_one_that_a_template_or_a_step_reads() -> None:
    declared = {variable.name for variable in env.declared().values()}
    templates = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in ("nginx", "registry", "compose")
        for file in (ROOT / "deploy" / folder).glob("*.template")
    )
    steps = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "deploy" / "aws").glob("*.py"))

    assert names_in(text_of("services")) - declared - names_in(templates) - names_in(steps) == set()


@pytest.mark.parametrize(
    ("part", "templates"),
    [("registry", ["registry/3-s3.yml.template"]), ("edge", ["nginx/nginx.conf.template", "nginx/layerstore.conf.template"])],
)
def test_every_gap_in_a_template_is_filled_here_or_by_the_image(part: str, templates: list[str]) -> None:
    lines = [line for name in templates for line in (ROOT / "deploy" / name).read_text(encoding="utf-8").splitlines()]
    gaps = set(re.findall(r"\$\{(?:each )?(LAYERSTORE_[A-Z_]+)\}", "\n".join(line for line in lines if not line.lstrip().startswith("#"))))
    stage = re.search(rf"^FROM \S+ AS {part}$(.*?)(?=^FROM )", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert stage
    image = set(re.findall(r"(LAYERSTORE_[A-Z_]+)=", stage[1]))
    started = names_in((ROOT / "deploy/nginx/start").read_text(encoding="utf-8")) if part == "edge" else set()
    secrets = {"LAYERSTORE_EVENTS_SECRET", "LAYERSTORE_REGISTRY_SECRET"} if part == "registry" else set()
    given = {name for name in local("services", part) if name.startswith("LAYERSTORE_")}

    assert gaps - given - image - started - secrets == set()
    assert given <= gaps | started


@pytest.mark.parametrize("part", ["web", "token", "inner", "scheduler"])
def test_a_process_is_started_as_by_compose(part: str) -> None:
    command = " ".join(COMPOSE[part]["command"]).partition(" -- ")[2].removesuffix(" --port 8000")  # the port is the default
    commands = re.findall(r"command\s*= \[(.*?)\]", text_of("services"))

    assert [written for words in commands if (written := " ".join(re.findall(r'"([^"]*)"', words))).startswith(command)]


def test_each_lane_has_a_worker() -> None:
    for name in ENVIRONMENTS:
        (shop,) = [block["shop"] for block in environment(name)["module"]]
        lanes = [lane.partition("=")[0] for worker in shop["workers"].values() for lane in worker["lanes"]]

        assert sorted(lanes) == sorted(LANES)
    assert all(f'"{lane}"' in text_of("services") for lane in LANES)


# ── the folder itself ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_environments_differ_in_sizes_alone() -> None:
    small, large = (HERE / "environments" / name for name in ENVIRONMENTS)

    for name in ("variables.tf", "outputs.tf", ".terraform.lock.hcl"):
        assert (small / name).read_text() == (large / name).read_text()
    assert (small / ".terraform.lock.hcl").read_text() == (HERE / ".terraform.lock.hcl").read_text()


def test_every_module_is_used_and_tested() -> None:
    used = re.findall(r'source\s*=\s*"\.\.?/(?:modules/)?(\w+)"', "\n".join([(HERE / "main.tf").read_text(), text_of("services")]))
    tested = re.findall(r'source = "\./modules/(\w+)"', "\n".join(file.read_text() for file in (HERE / "tests").glob("*.hcl")))

    assert set(used) == set(tested) == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_wants_the_same_versions(name: str) -> None:
    assert module(name)["terraform"] == root()["terraform"]


# ── its scripts ───────────────────────────────────────────────────────────────────────────────────────────────────────

FAKE_AWS = """#!/bin/sh
echo "$*" >> "$HOME/asked"
case "$*" in
    *run-task*) echo "$TASK" ;;
    *exitCode*) echo "$STATUS" ;;
    *stoppedReason*) echo "Essential container in task exited" ;;
esac
"""


def run_step(tmp_path: Path, *, task: str = "arn:aws:ecs:r:1:task/c/1", status: str = "0") -> subprocess.CompletedProcess[str]:
    fake = tmp_path / "aws"
    fake.write_text(FAKE_AWS)
    fake.chmod(0o755)
    arguments = [
        "eu-central-1",
        "shop",
        "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop-migrate:7",
        "subnet-a,subnet-b",
        "sg-steps",
    ]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "TASK": task, "STATUS": status}
    return subprocess.run([HERE / "modules/services/run-step", *arguments], env=environment, capture_output=True, text=True, check=False)


def test_a_step_that_ends_well_lets_the_rollout_go_on(tmp_path: Path) -> None:
    assert run_step(tmp_path).returncode == 0

    begun, waited, *_ = (tmp_path / "asked").read_text().splitlines()
    assert "assignPublicIp=DISABLED" in begun
    assert "subnets=[subnet-a,subnet-b],securityGroups=[sg-steps]" in begun
    assert waited.startswith("ecs wait tasks-stopped")


@pytest.mark.parametrize("status", ["1", "137", "None"])
def test_a_step_that_failed_or_never_ran_ends_the_rollout_and_names_its_log(tmp_path: Path, status: str) -> None:
    result = run_step(tmp_path, status=status)

    assert result.returncode == 1
    assert f"shop-migrate:7 ended with {status} (Essential container in task exited)" in result.stderr
    assert "aws logs tail --region eu-central-1 /shop/migrate" in result.stderr


def test_a_step_that_was_not_started_ends_the_rollout(tmp_path: Path) -> None:
    result = run_step(tmp_path, task="None")

    assert result.returncode == 1
    assert "shop-migrate:7 was not started" in result.stderr


def test_without_terraform_the_check_says_so_in_one_line(tmp_path: Path) -> None:
    for program in ("sh", "dirname", "mktemp"):
        (tmp_path / program).symlink_to(f"/bin/{program}")

    result = subprocess.run(
        [ROOT / "script" / "terraform"], env={"PATH": str(tmp_path), "HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == "terraform is not checked here: it is not on the path\n"
