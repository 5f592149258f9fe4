"""Tidewater Data: caches, databases and tables. Their Redis is the image whose sale the demo shows."""

from pathlib import Path

from tools.stack import pictures
from tools.stack.catalogue import holidays
from tools.stack.catalogue.goods import PER_COMPANY, Good, labels
from tools.stack.packages import find_program, postgres_programs
from tools.stack.recipes import Layer, Recipe, base_layer, program_layers

NAMESPACE = "tidewater"

REDIS_CONFIGURATION = """# Redis, steady: every line that differs from upstream, and why.

# A cache that grows until the kernel kills it is worse than a cache that forgets.
maxmemory 400mb
maxmemory-policy allkeys-lfu
maxmemory-clients 15%

# Forgetting in small steps, beside the requests, keeps the slowest answers fast.
lazyfree-lazy-eviction yes
lazyfree-lazy-expire yes

# No snapshot: no fork, so no moment at which memory doubles.
save ""
appendonly no

# A client that reads slowly may not hold the memory of all the others.
client-output-buffer-limit normal 32mb 8mb 60
timeout 300
tcp-keepalive 60

# Commands that stop everybody, or tell too much.
rename-command KEYS ""
rename-command DEBUG ""
dir /tmp
"""
REDIS_README = """Start:      docker run -p 6379:6379 IMAGE --requirepass "$PASSWORD"
More room:  add  --maxmemory 2gb
Look in:    docker exec CONTAINER /usr/bin/redis-cli INFO memory
"""


def redis() -> Recipe:
    """Redis as Debian builds it, under a configuration of our own."""
    programs = {
        "/usr/bin/redis-server": Path(find_program("redis-server") or "/usr/bin/redis-server").resolve(),
        "/usr/bin/redis-cli": Path(find_program("redis-cli") or "/usr/bin/redis-cli").resolve(),
    }
    return Recipe(
        repository=f"{NAMESPACE}/redis-steady",
        tag="7.0",
        layers=[
            base_layer(),
            *program_layers(programs),
            Layer("configuration", texts={"/etc/redis/steady.conf": REDIS_CONFIGURATION}),
            Layer("documents", texts={"/usr/share/doc/redis-steady/README": REDIS_README}),
        ],
        entrypoint=["/usr/bin/redis-server", "/etc/redis/steady.conf"],
        labels=labels("Redis, steady", "BSD-3-Clause", "7.0"),
    )


def postgres_toolbox() -> Recipe:
    """The client programs of PostgreSQL, without a shell around them."""
    folder = postgres_programs() or Path("/usr/lib/postgresql/15/bin")
    programs = {f"/usr/bin/{name}": folder / name for name in ("psql", "pg_dump", "pg_restore", "pg_basebackup", "pg_isready")}
    psqlrc = "\\set QUIET 1\n\\pset null '(null)'\n\\x auto\n\\timing on\n\\set ON_ERROR_STOP on\n\\set VERBOSITY verbose\n\\unset QUIET\n"
    return Recipe(
        repository=f"{NAMESPACE}/postgres-toolbox",
        tag="15",
        layers=[base_layer(), *program_layers(programs), Layer("configuration", texts={"/etc/psqlrc": psqlrc})],
        entrypoint=[],
        labels=labels("Postgres toolbox", "PostgreSQL", "15"),
    )


def working_days() -> Recipe:
    """Tables, no program: meant for COPY --from."""
    return Recipe(
        repository=f"{NAMESPACE}/working-days",
        tag="2026.1",
        layers=[
            Layer("tables", texts={"/data/holidays.csv": holidays.as_csv(), "/data/working-days.csv": holidays.working_days_csv()}),
            Layer("sql", texts={"/data/holidays.sql": holidays.as_sql()}),
            Layer("documents", texts={"/data/README": "Rules and sources: one file, one line for each country and day, 2020 to 2040.\n"}),
        ],
        entrypoint=[],
        labels=labels("Working days", "LicenseRef-Commercial", "2026.1"),
    )


REDIS = Good(
    name="redis-steady",
    recipe=redis,
    title="Redis, steady",
    summary="Redis 7 as a cache that never outgrows its container: bounded memory, no forks, no command that stops the others.",
    category="databases",
    licence=PER_COMPANY,
    price=2900,
    alt="Line chart: memory rises and stays just below the limit of the container while the load goes up and down.",
    picture=lambda: pictures.picture(
        "Memory, one day", "Load in grey, memory in green: full is a state, not an event.", pictures.memory_under_its_limit
    ),
    description="""Redis is fast until the minute it is not: memory creeps up, a snapshot forks, the kernel looks for a victim, and the \
cache takes the shop down with it. This image is the configuration that we arrived at after nine years of such minutes.

## What is different

- **Bounded.** `maxmemory` is set, evicts what is used least, and counts clients' buffers too.
- **No forks.** No snapshots and no append-only file, so memory never doubles. It is a cache; the truth lives elsewhere.
- **No surprises from one client.** Slow readers are cut off, `KEYS` and `DEBUG` do not exist.
- **Nothing else inside.** No shell, no package manager: the server, `redis-cli`, the libraries that they load, one configuration file \
with the reason beside every line.

## Start it

```
docker run -p 6379:6379 --memory 512m IMAGE --requirepass "$PASSWORD"
```

More room? Give the container more and add `--maxmemory 2gb`; whatever follows the image's name overrides the file.

## What it is not

Not a store. If losing every key would cost you more than a slow minute, use Redis with persistence, or PostgreSQL.
""",
)
POSTGRES = Good(
    name="postgres-toolbox",
    recipe=postgres_toolbox,
    title="Postgres toolbox",
    summary="psql, pg_dump, pg_restore and pg_basebackup for jobs and pipelines, in 20 MB and without a shell to break into.",
    category="databases",
    licence=PER_COMPANY,
    price=1900,
    alt="Bar chart: fourteen nightly dumps growing slowly, each with a tick above it.",
    picture=lambda: pictures.picture(
        "Fourteen nights", "A dump counts as a backup once it has been restored: the tick above the bar.", pictures.nightly_backups
    ),
    description="""Most backup jobs drag a whole server image along to run one client program. This one holds the client programs and \
nothing else, built against the same libraries as the server that Debian ships.

## A nightly dump that proves itself

```
docker run --rm -v dumps:/dumps IMAGE pg_dump    -h db -Fd -j 4 -f /dumps/new shop
docker run --rm -v dumps:/dumps IMAGE pg_restore -h scratch -d proof --exit-on-error /dumps/new
```

The second line is the one that people leave out. It is also the only one that tells you whether the first worked.

## For people, too

`psql` comes with a `psqlrc` that shows timings and NULLs, switches to long form when rows are wide, and stops at the first error.

| program | for |
|---|---|
| `psql` | looking, migrating |
| `pg_dump`, `pg_restore` | moving one database |
| `pg_basebackup` | a whole cluster, or a new replica |
| `pg_isready` | waiting in a start script |

Speaks to servers from 9.2 to 15.
""",
)
DAYS = Good(
    name="working-days",
    recipe=working_days,
    title="Working days",
    summary="Public holidays and working days of six countries from 2020 to 2040, as CSV and SQL, ready for COPY --from.",
    category="data",
    licence=PER_COMPANY,
    price=1200,
    alt="A year as a field of small squares: working days green, weekends grey, public holidays red.",
    picture=lambda: pictures.picture(
        "One year, day by day", "Fourteen free days, and never quite where last year had them.", pictures.calendar_year
    ),
    description="""“Due in ten working days” is easy to write into a contract and surprisingly hard to compute. Easter moves, Midsummer is \
a Saturday by law, and the Dutch king's birthday is kept a day early when it falls on a Sunday.

An image without a program: three tables, made from the rules in the laws and not copied from a calendar.

```
FROM your-service
COPY --from=IMAGE /data /usr/share/holidays
```

## Inside

- `holidays.csv`: country, date, name. 1,279 rows.
- `working-days.csv`: how many there are in each month, for budgets and payroll.
- `holidays.sql`: the same as a table, for PostgreSQL, SQLite and MariaDB alike.

Austria, France, Germany, the Netherlands, Norway and Sweden; nation-wide holidays only. A release each January, and within a week when a \
parliament changes its mind.
""",
)
SHELF = Good(
    name="shelf",
    title="The Tidewater shelf",
    summary="All three of our images for less than two: the cache, the toolbox and the calendar, with every release to come.",
    category="databases",
    licence=PER_COMPANY,
    price=4500,
    holds=("redis-steady", "postgres-toolbox", "working-days"),
    alt="Three boxes for the images lead to one box, your servers.",
    picture=lambda: pictures.picture(
        "One purchase, three images",
        "Pull each by its own name; the layers they share travel once.",
        pictures.boxes([["redis-steady", "postgres-toolbox", "working-days"], ["Your servers"]], ["docker pull"]),
    ),
    description="""Everything that Tidewater makes, under one licence and one invoice.

- **Redis, steady** for what may be forgotten.
- **Postgres toolbox** for what may not.
- **Working days** for when it is due.

Redis and the toolbox stand on the same base layer, so a host that has pulled the one has half of the other already. Bought one of them \
alone last year? Write to us, and we take it off.
""",
)
