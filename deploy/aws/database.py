"""Make the shop's role and its database on a server whose master is somebody else: python deploy/aws/database.py.

Reads `LAYERSTORE_DATABASE_URL` and `PGPASSWORD`, as the shop's processes do, and who may make roles: `LAYERSTORE_MASTER_USER`,
`LAYERSTORE_MASTER_PASSWORD`. The role owns that one database and is nothing besides. Running it again changes only the role's password,
to the one that is given: so a password is changed by changing the secret and running this.
"""

import os
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, encrypt_password

EXTENSION = "pg_trgm"  # as deploy/compose/owner.sql


def make_role(server: connection, role: str, password: str) -> None:
    """Make the role if it is missing, and give it the password. The server, and so its log, sees only the hash."""
    with server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        statement = sql.SQL(verb + " ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}")
        hashed = encrypt_password(password, role, scope=server, algorithm="scram-sha-256")
        cursor.execute(statement.format(sql.Identifier(role), sql.Literal(hashed)))


def make_database(server: connection, name: str, owner: str) -> None:
    """Make the database if it is missing, and let nobody but its owner connect."""
    database, role = sql.Identifier(name), sql.Identifier(owner)
    with server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            # A master that is no superuser may only give away what it could own itself.
            cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def main() -> None:
    """Make what is missing."""
    url = urlsplit(os.environ["LAYERSTORE_DATABASE_URL"])
    name, role = url.path.lstrip("/"), url.username or ""
    password, master = os.environ["PGPASSWORD"], os.environ["LAYERSTORE_MASTER_USER"]
    address = url._replace(netloc=f"{master}@{url.netloc.rpartition('@')[2]}")
    secret = os.environ["LAYERSTORE_MASTER_PASSWORD"]
    with closing(psycopg2.connect(address._replace(path="/postgres").geturl(), password=secret)) as server:
        server.autocommit = True  # a database is made outside of transactions
        make_role(server, role, password)
        make_database(server, name, role)
    with closing(psycopg2.connect(address.geturl(), password=secret)) as server, server, server.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(EXTENSION)))


if __name__ == "__main__":
    main()
