"""Which digest a tag pointed at since when, and what grew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.contents.selectors.history import LISTED, Change, history_of, steps_of
from marketplace.images.models import Image, Manifest, TagMove
from marketplace.images.oci import INDEX, MANIFEST
from marketplace.images.services.manifests import (
    LayerDescription,
    ManifestDescription,
    describe_manifest,
    record_push,
    remove_manifest,
    remove_tag,
)
from tests.factories.marketplace import ImageFactory, LayerListFactory, ManifestFactory, digest_of, layer

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def push(image: Image, content: str, minutes: int = 0, *, tag: str = "1.0", media_type: str = MANIFEST) -> None:
    at = NOW + timedelta(minutes=minutes)
    record_push(repository=image.repository, digest=digest_of(content), media_type=media_type, size=5, tag=tag, at=at)


def describe(image: Image, content: str, *layers: str, children: tuple[str, ...] = ()) -> None:
    found = tuple(LayerDescription(digest_of(name), 10 * len(name), f"RUN {name}") for name in layers)
    kind = Manifest.Kind.INDEX if children else Manifest.Kind.IMAGE
    size = sum(layer.size for layer in found) or 40
    description = ManifestDescription(kind, size, layers=found, children=tuple(map(digest_of, children)))
    describe_manifest(manifest=image.manifests.get(digest=digest_of(content)), description=description)


def moves(image: Image) -> list[tuple[str, str, str]]:
    return [(move.tag, move.new_digest, move.old_digest) for move in TagMove.objects.filter(image=image)]


def test_each_move_of_a_tag_is_recorded_once_and_late_news_are_not() -> None:
    image = ImageFactory()
    push(image, "a")
    push(image, "a")
    push(image, "b", 5)
    push(image, "a", 2)
    push(image, "b", 7)

    assert moves(image) == [("1.0", digest_of("b"), digest_of("a")), ("1.0", digest_of("a"), "")]
    assert [move.at for move in TagMove.objects.all()] == [NOW + timedelta(minutes=5), NOW]


def test_signatures_are_left_out() -> None:
    image = ImageFactory()
    push(image, "a")
    push(image, "signature", 5, tag=f"{digest_of('a').replace(':', '-')}.sig")

    assert [move.tag for move in history_of(image)] == ["1.0"]


def test_removals_are_recorded_whether_of_a_tag_or_of_its_manifest() -> None:
    image = ImageFactory()
    push(image, "a")
    push(image, "b", tag="2.0")
    remove_tag(repository=image.repository, tag="1.0")
    remove_tag(repository=image.repository, tag="1.0")
    remove_manifest(repository=image.repository, digest=digest_of("b"))

    assert moves(image)[:2] == [("2.0", "", digest_of("b")), ("1.0", "", digest_of("a"))]
    assert len(moves(image)) == 4
    assert [(move.size, move.change) for move in history_of(image)] == [(None, None)] * 2 + [(None, None)] * 2


def test_a_move_tells_what_grew_and_which_layers_are_new() -> None:
    image = ImageFactory()
    push(image, "a")
    push(image, "b", 5)
    push(image, "c", 9)
    describe(image, "a", "base", "base", "old")
    describe(image, "b", "base", "base", "newest", "new")

    newest, moved, first = history_of(image)

    assert (newest.size, newest.change) == (None, None)  # not read yet
    assert moved.change is not None
    assert moved.change == Change(grew=60, kept=2, added=2, removed=1, largest=moved.change.largest)
    assert (moved.change.shrank, moved.size) == (-60, 170)
    assert [one.command for one in moved.change.largest] == ["RUN newest", "RUN new"]
    assert (first.digest, first.previous, first.size, first.change) == (digest_of("a"), "", 110, None)


def test_an_index_is_compared_by_its_first_image() -> None:
    image = ImageFactory()
    for content, name, minutes in (("x", "old", 0), ("y", "new", 5)):
        LayerListFactory(manifest=ManifestFactory(image=image, digest=digest_of(f"{content} child")), layers=[layer("base"), layer(name)])
        push(image, content, minutes, media_type=INDEX)
        describe(image, content, children=(f"{content} child",))
    push(image, "z", 9, media_type=INDEX)
    describe(image, "z", children=("gone",))

    without, moved, _ = history_of(image)

    assert moved.change is not None
    assert (moved.change.kept, moved.change.added, moved.change.removed) == (1, 1, 1)
    assert without.change == Change(0, 0, 0, 2, ())


def test_a_push_under_several_tags_is_one_step_and_a_way_back_another() -> None:
    image = ImageFactory()
    push(image, "a", -20, tag="latest")
    push(image, "z", -19, tag="2")
    for minutes, tag in enumerate(("2", "2.1", "latest")):
        push(image, "b", minutes - 10, tag=tag)
    push(image, "a", -1, tag="latest")
    remove_manifest(repository=image.repository, digest=digest_of("b"))

    steps = steps_of(history_of(image))

    assert [(step.newest.digest, sorted(step.tags)) for step in steps] == [
        ("", ["2", "2.1"]),
        (digest_of("a"), ["latest"]),
        (digest_of("b"), ["2", "2.1", "latest"]),
        (digest_of("z"), ["2"]),
        (digest_of("a"), ["latest"]),
    ]
    assert [[move.previous for move in step.left] for step in steps[1:]] == [
        [digest_of("b")],
        [digest_of("a"), digest_of("z")],
        [],
        [],
    ]
    assert steps[2].newest.at == NOW - timedelta(minutes=8)


def test_as_many_steps_are_listed_however_many_tags_each_has() -> None:
    image = ImageFactory()
    TagMove.objects.bulk_create(
        TagMove(image=image, tag=tag, new_digest=digest_of(str(n)), at=NOW + timedelta(seconds=n))
        for n in range(20)
        for tag in ("1", "1.0")
    )

    steps = steps_of(history_of(image))

    assert [(step.newest.digest, len(step.tags)) for step in steps] == [(digest_of(str(n)), 2) for n in range(19, 19 - LISTED, -1)]


def test_however_often_a_tag_moved_the_newest_moves_are_listed(django_assert_num_queries) -> None:
    image = ImageFactory()
    TagMove.objects.bulk_create(
        TagMove(image=image, tag="1.0", new_digest=digest_of(str(n)), at=NOW + timedelta(seconds=n)) for n in range(100)
    )

    with django_assert_num_queries(3):
        found = history_of(image)

    assert [move.digest for move in found] == [digest_of(str(n)) for n in range(99, 99 - LISTED, -1)]
