"""The table of the parts."""

from pathlib import Path

from tools.stack.instance import Instance
from tools.stack.parts import every_part
from tools.stack.postgres import find_postgres
from tools.stack.supervise import Part


def parts(folder: Path, **options: bool) -> tuple[Part, ...]:
    instance = Instance(port=8080, var=folder)
    return every_part(instance, find_postgres(instance), durable=True, **options)


def test_nothing_but_a_docker_daemon_of_its_own_is_optional(tmp_path: Path) -> None:
    with_daemon, without = parts(tmp_path, own_daemon=True), parts(tmp_path, own_daemon=False)

    assert [part.name for part in with_daemon if not part.required] == ["dockerd"]
    assert [part.name for part in with_daemon if part.required] == [part.name for part in without]


def test_what_needs_tables_is_stopped_before_the_database_and_the_queue(tmp_path: Path) -> None:
    made = parts(tmp_path, own_daemon=False)

    assert made[0].stage == "base"
    assert {part.name for part in made if part.stage == "base"} == {part.name for part in made if part.after != "tables"}


def test_the_event_stream_is_counted_only_where_it_is_switched_on(tmp_path: Path) -> None:
    with_stream, without = parts(tmp_path, own_daemon=False, stream=True), parts(tmp_path, own_daemon=False)

    assert {part.name for part in with_stream} - {part.name for part in without} == {"events"}
