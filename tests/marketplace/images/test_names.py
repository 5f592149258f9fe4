import re

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from hypothesis import assume, example, given
from hypothesis import strategies as st

from marketplace.images.errors import InvalidImageName, InvalidName, InvalidNamespaceName, InvalidSlug
from marketplace.images.names import RESERVED_WORDS, ImageName, NamespaceName, Rule, Slug, repository_of, skeleton

# distribution-spec v1.1, "Pulling manifests", written down a second time
OCI_COMPONENT = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*\Z")
names_of_the_grammar = st.from_regex(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*", fullmatch=True, alphabet=st.characters(max_codepoint=127))
near_names = st.text(alphabet="ab1li0o5srnvwm.-_/:%A \x00é", max_size=60)


@given(st.one_of(near_names, st.text(), names_of_the_grammar))
@example("a\n")
@example("a..b")
@example("a___b")
@example("a-_b")
@example("ａ")
def test_an_image_name_is_taken_exactly_if_the_specification_takes_it(text):
    allowed = bool(OCI_COMPONENT.match(text)) and len(text) <= 128 and text not in {"blobs", "manifests", "referrers", "tags", "uploads"}
    try:
        parsed = ImageName.parse(text)
    except InvalidImageName as error:
        assert not allowed
        assert error.rule in set(Rule)
        assert error.message
    else:
        assert allowed
        assert str(parsed) == parsed.value == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", Rule.EMPTY, id="nothing"),
        pytest.param("..", Rule.BEGINNING_OR_END, id="parent directory"),
        pytest.param("a..b", Rule.SEPARATORS, id="two dots"),
        pytest.param("a___b", Rule.SEPARATORS, id="three underscores"),
        pytest.param("a._b", Rule.SEPARATORS, id="mixed separators"),
        pytest.param("a%2eb", Rule.CHARACTER, id="percent"),
        pytest.param("%2e%2e", Rule.CHARACTER, id="encoded parent directory"),
        pytest.param("//", Rule.SLASH, id="only slashes"),
        pytest.param("a//b", Rule.SLASH, id="two slashes"),
        pytest.param("a/", Rule.SLASH, id="slash at the end"),
        pytest.param("a/b:c", Rule.SLASH, id="repository with a tag"),
        pytest.param("a:latest", Rule.COLON, id="tag"),
        pytest.param("-a", Rule.BEGINNING_OR_END, id="leading dash"),
        pytest.param("a-", Rule.BEGINNING_OR_END, id="dash at the end"),
        pytest.param(".", Rule.BEGINNING_OR_END, id="dot"),
        pytest.param("_catalog", Rule.BEGINNING_OR_END, id="the registry's own word"),
        pytest.param("a\x00b", Rule.CHARACTER, id="NUL"),
        pytest.param("a\n", Rule.CHARACTER, id="line end"),
        pytest.param("a b", Rule.CHARACTER, id="space"),
        pytest.param("café", Rule.CHARACTER, id="accent"),
        pytest.param("\ud800", Rule.CHARACTER, id="lone surrogate"),
        pytest.param("Db", Rule.UPPER_CASE, id="upper case"),
        pytest.param("a" * 129, Rule.TOO_LONG, id="129"),
        pytest.param("a" * 256, Rule.TOO_LONG, id="256"),
        pytest.param("manifests", Rule.RESERVED, id="a word of the protocol"),
    ],
)
def test_an_odd_name_is_refused_with_the_rule_that_it_breaks(text, rule):
    with pytest.raises(InvalidImageName) as refusal:
        ImageName.parse(text)

    assert refusal.value.rule == rule
    assert refusal.value.context == {"rule": rule.value}
    assert (refusal.value.status, refusal.value.field) == (422, "name")


@pytest.mark.parametrize("text", ["db", "0", "a-b", "a--b", "a__b", "a.b_c-d", "a" * 128, "postgres", "admin"])
def test_names_that_docker_takes_are_taken(text):
    assert ImageName.parse(text).value == text


def test_a_slug_has_the_grammar_and_its_own_error():
    assert Slug.parse("manifests").value == "manifests"
    with pytest.raises(InvalidSlug) as refusal:
        Slug.parse("A")
    assert refusal.value.field == "slug"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("a", Rule.TOO_SHORT, id="one letter"),
        pytest.param("a" * 41, Rule.TOO_LONG, id="41"),
        pytest.param("library", Rule.RESERVED, id="docker's own"),
        pytest.param("v2", Rule.RESERVED, id="the protocol's path"),
        pytest.param("admin", Rule.RESERVED, id="staff"),
        pytest.param("adm1n", Rule.RESERVED, id="looks like staff"),
        pytest.param("l1brary", Rule.RESERVED, id="looks like docker's own"),
        pytest.param("lay-er-store", Rule.RESERVED, id="looks like us"),
        pytest.param("robots.txt", Rule.RESERVED, id="a file that crawlers want"),
        pytest.param("Acme", Rule.UPPER_CASE, id="upper case"),
        pytest.param("acme/db", Rule.SLASH, id="two parts"),
    ],
)
def test_a_namespace_is_refused_with_the_rule_that_it_breaks(text, rule):
    with pytest.raises(InvalidNamespaceName) as refusal:
        NamespaceName.parse(text)
    assert refusal.value.rule == rule


@given(st.text(max_size=60) | names_of_the_grammar)
def test_no_text_breaks_the_parsers(text):
    for kind in (ImageName, NamespaceName, Slug):
        try:
            assert kind.parse(text).value == text
        except InvalidName as error:
            assert error.rule in set(Rule)


def test_with_the_host_in_front_a_reference_has_at_most_255_characters():
    name = ImageName.parse("b" * 128)
    namespace = "a" * 40
    host = "h" * (255 - len(f"/{namespace}/{name}"))

    assert len(f"{host}/{repository_of(namespace=namespace, name=name, host=host)}") == 255
    with pytest.raises(InvalidImageName) as refusal:
        repository_of(namespace=namespace, name=name, host=f"{host}h")
    assert refusal.value.rule == Rule.TOO_LONG_WITH_HOST
    assert "at most 127 characters" in refusal.value.message


@given(names_of_the_grammar)
def test_folding_twice_is_folding_once(name):
    assert skeleton(skeleton(name)) == skeleton(name)


@given(names_of_the_grammar)
def test_a_skeleton_has_no_character_that_could_be_taken_for_another(name):
    folded = skeleton(name)

    assert not set(folded) & set("1i05.-_")
    assert not re.search(r"(.)\1|rn|vv", folded)
    assert len(folded) <= len(name)


@given(names_of_the_grammar, st.sampled_from([("l", "1"), ("l", "i"), ("o", "0"), ("s", "5"), ("m", "rn"), ("w", "vv")]), st.data())
def test_a_look_alike_has_the_same_skeleton(name, pair, data):
    plain, other = pair
    assume(plain in name)
    where = data.draw(st.sampled_from([at for at, letter in enumerate(name) if letter == plain]))

    assert skeleton(name[:where] + other + name[where + 1 :]) == skeleton(name)


@given(names_of_the_grammar, st.sampled_from([".", "_", "-"]), st.integers(0, 50))
def test_separators_and_doubled_letters_do_not_make_another_name(name, separator, at):
    assert skeleton(name[:at] + separator + name[at:]) == skeleton(name)
    assert skeleton(re.sub(r"([a-uw-z])", r"\1\1", name)) == skeleton(name)  # vv is another letter: w


@pytest.mark.parametrize(
    ("one", "other"), [("acme", "acrne"), ("acme", "ac-me"), ("wave", "vvave"), ("ill", "111"), ("good", "g0od"), ("apple", "aple")]
)
def test_these_look_alike(one, other):
    assert skeleton(one) == skeleton(other)


def test_acme_and_acne_do_not_look_alike():
    assert skeleton("acme") != skeleton("acne")


def first_segments(patterns, prefix=""):
    """Every constant first segment of the site's addresses, found in the URL configuration."""
    for entry in patterns:
        if not isinstance(entry.pattern, RoutePattern):
            route = re.sub(r"[\^$\\]", "", str(entry.pattern.regex.pattern))
        else:
            route = str(entry.pattern)
        whole = prefix + route
        head, slash, _ = whole.lstrip("/").partition("/")
        if isinstance(entry, URLResolver) and not slash:
            yield from first_segments(entry.url_patterns, whole)
        elif isinstance(entry, (URLResolver, URLPattern)) and head and "<" not in head and "(" not in head:
            yield head


def test_every_first_segment_of_the_site_is_reserved():
    found = set(first_segments(get_resolver().url_patterns))

    assert {"admin", "api", "account", "theme"} <= found
    assert found - RESERVED_WORDS == set()


def test_what_the_proxy_and_the_other_processes_serve_is_reserved():
    media, static = settings.MEDIA_URL.strip("/"), settings.STATIC_URL.strip("/")

    assert {"v2", "auth", "registry", "metrics", "healthz", "readyz", media, static} <= RESERVED_WORDS


@pytest.mark.parametrize("word", sorted(RESERVED_WORDS))
def test_no_reserved_word_can_be_taken(word):
    with pytest.raises(InvalidNamespaceName):
        NamespaceName.parse(word)
