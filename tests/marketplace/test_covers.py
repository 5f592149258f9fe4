"""Covers in pages: drawn once, kept, and never in the way when the cache is gone."""

import itertools
import re

import pytest
from django.core.cache import cache
from django.template import Context, Template
from pytest_django import Settings

from marketplace.covers import Shape, covers_of_images
from marketplace.models import Layer, Manifest
from marketplace.selectors.tags import newest_tags
from marketplace.strata import Layer as Stratum
from marketplace.strata import draw
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory


def render(template: str, **context: object) -> str:
    return Template("{% load covers %}" + template).render(Context(context))


def layers(*sizes: int) -> list[Stratum]:
    return [Stratum(f"{number:064x}", size) for number, size in enumerate(sizes, start=1)]


def test_a_cover_is_decoration_unless_it_has_a_label() -> None:
    drawing = draw("acme/db", layers(1_000_000))

    assert 'aria-hidden="true"' in render("{% cover d 'cover-s' %}", d=drawing)
    assert 'role="img" aria-label="Cover of &lt;b&gt;"' in render("{% cover d '' l %}", d=drawing, l="Cover of <b>")
    assert 'class="cover cover-s blank"' in render("{% cover d 'cover-s' %}", d=None)


def test_sizes_beside_a_cover_never_overlap() -> None:
    drawing = draw("acme/db", layers(*(30_000_000, 100, 100, 100, 40_000_000)), width=320, height=240)

    heights = [float(y) for y in re.findall(r'<line x1="0" y1="([\d.]+)"', render("{% ticks d %}", d=drawing))]

    assert 0 < len(heights) < 5
    assert all(lower - upper >= 9 for lower, upper in itertools.pairwise(heights))


def test_an_avatar_and_a_scenery_need_no_layers() -> None:
    assert 'viewBox="0 0 60 60"' in render("{% avatar 'mira' %}")
    assert "<path" in render("{% scenery '404' %}")


@pytest.mark.django_db
def test_a_cover_is_drawn_once_for_a_manifest() -> None:
    image = PushedImageFactory()
    tags = newest_tags([image.pk])
    first = covers_of_images([image], tags, Shape.CARD)

    Layer.objects.all().delete()

    assert covers_of_images([image], tags, Shape.CARD) == first
    cache.clear()
    assert covers_of_images([image], tags, Shape.CARD) == {}


@pytest.mark.django_db
def test_a_new_release_is_drawn_anew() -> None:
    image = PushedImageFactory()
    before = covers_of_images([image], newest_tags([image.pk]), Shape.CARD)[image.pk]
    release = TagFactory(image=image, name="2.0")
    Layer.objects.create(manifest=release.manifest, position=0, digest="sha256:" + "ab" * 32, size=5_000_000)

    assert covers_of_images([image], newest_tags([image.pk]), Shape.CARD)[image.pk] != before


@pytest.mark.django_db
def test_what_only_an_event_has_told_of_gets_its_cover_once_it_is_described() -> None:
    image = ImageFactory()
    tag = TagFactory(image=image, manifest=ManifestFactory(image=image, described_at=None))
    assert covers_of_images([image], newest_tags([image.pk]), Shape.CARD) == {}

    Layer.objects.create(manifest=tag.manifest, position=0, digest="sha256:" + "cd" * 32, size=5_000_000)

    assert image.pk in covers_of_images([image], newest_tags([image.pk]), Shape.CARD)


@pytest.mark.django_db
def test_an_index_without_a_described_child_has_no_cover_yet() -> None:
    image = ImageFactory()
    TagFactory(image=image, manifest=ManifestFactory(image=image, kind=Manifest.Kind.INDEX, children=["sha256:not-here-yet"]))

    assert covers_of_images([image], newest_tags([image.pk]), Shape.CARD) == {}


@pytest.mark.django_db
def test_without_redis_covers_are_drawn_each_time(settings: Settings) -> None:
    image = PushedImageFactory()
    tags = newest_tags([image.pk])
    before = covers_of_images([image], tags, Shape.CARD)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}

    assert covers_of_images([image], tags, Shape.CARD) == before
