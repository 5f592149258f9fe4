"""What looks like a secret in an image's configuration, and what only looks random."""

import pytest

from marketplace.contents.secrets import HIDDEN, hide_secrets, looks_secret

CLOUD_KEY = "AKIA" + "IOSFODNN7EXAMPLE"  # in two parts, or it is taken for a secret of ours
FORTY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_PASSWORD", "hunter2"),
        ("MYSQL_ROOT_PASSWORD", "root"),
        ("dbPassword", "x y"),
        ("REDIS_PASS", "abc"),
        ("PGPASSWORD", "hunter2"),
        ("NPM_TOKEN", "abcdef"),
        ("SECRET_KEY_BASE", "0123456789abcdef"),
        ("AWS_SECRET_ACCESS_KEY", FORTY),
        ("STRIPE_API_KEY", "pk-1"),
        ("ENCRYPTION_KEY", "ff00"),
        ("com.example.api-key", "abc"),
        ("WHATEVER", "ghp_" + "a1B2" * 9),
        ("WHATEVER", CLOUD_KEY),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/app"),
        ("PRIVATE", "-----BEGIN RSA PRIVATE KEY-----\nMII"),
        ("WHATEVER", FORTY),
        ("HEADER", "Authorization: Bearer abcdefghijklmnop1234"),
        ("PASSWORD", "x" * 100_000),
    ],
)
def test_what_is_called_a_secret_or_has_the_form_of_one_is_hidden(name: str, value: str) -> None:
    assert looks_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # What official images of languages, databases and servers set.
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("PYTHON_SHA256", "2a9920c7a0cd236de33644ed980a13cbbc21058bfdc528febb6081575ed73be3"),
        ("PYTHON_GET_PIP_URL", "https://github.com/pypa/get-pip/raw/66d8a0f637083e2c3ddffc0cb1e65ce126afb856/public/get-pip.py"),
        ("NODE_VERSION", "20.11.1"),
        ("NGINX_VERSION", "1.25.4"),
        ("PKG_RELEASE", "1~bookworm"),
        ("PG_MAJOR", "16"),
        ("PG_VERSION", "16.2-1.pgdg120+2"),
        ("PGDATA", "/var/lib/postgresql/data"),
        ("GOSU_VERSION", "1.17"),
        ("REDIS_DOWNLOAD_SHA", "1a98466ad0f2a3bfa0dbb5a9b7c2e2e4b5b9bc44"),
        ("GOTOOLCHAIN", "local"),
        ("JAVA_HOME", "/opt/java/openjdk"),
        ("LANG", "C.UTF-8"),
        ("RABBITMQ_PGP_KEY_ID", "0x0A9AF2115F4687BD29803A206B73A36E6026DFCA"),
        ("PHP_INI_DIR", "/usr/local/etc/php"),
        ("PHP_CFLAGS", "-fstack-protector-strong -fpic -fpie -O2 -D_LARGEFILE_SOURCE -D_FILE_OFFSET_BITS=64"),
        ("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning"),
        # What is said about a secret.
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/db"),
        ("TOKEN_TTL", "3600"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("JWT_TOKEN_ISSUER", "https://example.test"),
        # No secret at all.
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("POSTGRES_PASSWORD", ""),
        ("DB_PASSWORD", "$DB_PASS"),
        ("SSH_PRIVATE_KEY", "/etc/ssh/key"),
        ("BYPASS", "1234"),
        ("org.opencontainers.image.revision", "e87b62f0c1a2b3c4d5e6f708192a3b4c5d6e7f80"),
        ("org.opencontainers.image.source", "https://example.test/acme/db"),
        ("", "value"),
        ("DATABASE_URL", "postgres://app:${PASSWORD}@db/app"),
        ("SITE", "https://example.test:8080/a@b"),
        ("LONG_NAME", "a-very-long-name-of-something-Else-with-5-words"),
    ],
)
def test_digests_paths_versions_and_what_is_about_a_secret_are_shown(name: str, value: str) -> None:
    assert not looks_secret(name, value)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("RUN |1 NPM_TOKEN=abc123 /bin/sh -c npm ci", f"RUN |1 NPM_TOKEN={HIDDEN} /bin/sh -c npm ci"),
        ('ENV DB_PASSWORD="a b" LANG=C', f"ENV DB_PASSWORD={HIDDEN} LANG=C"),
        ("RUN login --password hunter2 --name me", f"RUN login --password {HIDDEN} --name me"),
        ("RUN git clone https://me:hunter2@git.test/x", f"RUN git clone https://{HIDDEN}@git.test/x"),
        ("RUN curl -H 'Authorization: Bearer abcdefghijklmnop1234'", f"RUN curl -H 'Authorization: Bearer {HIDDEN}'"),
        (f"RUN echo {CLOUD_KEY}", f"RUN echo {HIDDEN}"),
        (f"RUN x={FORTY}", f"RUN x={HIDDEN}"),
    ],
)
def test_a_command_is_shown_without_its_secrets(line: str, shown: str) -> None:
    assert hide_secrets(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci",
        "RUN echo $PASS | docker login --password-stdin",
        "RUN apt-get update && apt-get install -y --no-install-recommends passwd pass",
        "RUN passwd -d root",
        "COPY --from=build /usr/local/bin/token /usr/local/bin/",
        'RUN token="$(cat /run/secrets/token)"; make',
        "ENV SHA256=2a9920c7a0cd236de33644ed980a13cbbc21058bfdc528febb6081575ed73be3",
    ],
)
def test_a_command_without_secrets_is_shown_as_it_is(line: str) -> None:
    assert hide_secrets(line) == line
