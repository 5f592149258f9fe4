"""Mail about new versions: what it tells of, to whom, and how often."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.errors import EmailNotVerified
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Manifest, Tag, TagMove
from marketplace.images.oci import MANIFEST
from marketplace.images.services.manifests import record_push
from marketplace.products.models import Product, ProductImage
from marketplace.updates import services
from marketplace.updates.errors import NotInLibrary
from marketplace.updates.locks import lock_updates
from marketplace.updates.models import ProductUpdates, UpdateSubscription
from marketplace.updates.selectors import SETTLED
from marketplace.updates.services import mail_new_versions, subscribe_to_updates, unsubscribe_from_updates
from marketplace.updates.tasks import mail_new_versions as job
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from outbox.mail.tasks import send_due_mail
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory, ManifestFactory, ProductFactory, TagFactory, digest_of

pytestmark = pytest.mark.django_db
BEGIN = timezone.now().replace(microsecond=0) + timedelta(days=1)  # after the images were reserved, however long the tests before took
LATER = timedelta(hours=1)


@pytest.fixture
def product():
    return ProductFactory(title="Steady Redis")


@pytest.fixture
def image(product):
    return product.images.get()


@pytest.fixture
def buyer(product, image):
    return subscriber(product, image)


def subscriber(product, image, **fields):
    user = UserFactory(**fields)
    EntitlementFactory(holder=user.account, image=image)
    UpdateSubscription.objects.create(user=user, product=product)
    ProductUpdates.objects.get_or_create(product=product, defaults={"covered_until": BEGIN})
    return user


def push(image, tag, content, *, at, described=True, **fields):
    """Push as the registry tells of it; a manifest that is known already keeps what it is."""
    if described and not Manifest.objects.filter(image=image, digest=digest_of(content)).exists():
        ManifestFactory(image=image, digest=digest_of(content), **fields)
    return record_push(repository=image.repository, digest=digest_of(content), media_type=MANIFEST, size=1_000, tag=tag, at=at)


def mails():
    return [(one.to, one.subject) for one in OutgoingMail.objects.order_by("to", "created_at")]


def test_a_moved_tag_is_told_of_with_what_changed(image, buyer):
    push(image, "2.0", "old", at=BEGIN - LATER, size=8_000_000, platforms=["linux/amd64", "linux/arm64"])
    push(image, "2.0", "new", at=BEGIN + LATER, size=9_500_000, platforms=["linux/amd64"])
    push(image, "latest", "new", at=BEGIN + LATER)

    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1

    sent = OutgoingMail.objects.get()
    assert (sent.to, sent.subject) == (buyer.email, "Steady Redis: latest, 2.0 moved")
    for text in (sent.body_text, sent.body_html):
        for part in (digest_of("old"), digest_of("new"), "8.0 MB", "9.5 MB", "no longer arm64", "(moved: 2.0)", sent.unsubscribe_url):
            assert part in text
    assert image.tags.get(name="2.0").moved_from == digest_of("old")
    assert image.tags.get(name="2.0").moved_at == BEGIN + LATER


def test_a_version_is_mailed_once_and_a_product_at_most_once_a_day(image, buyer):
    push(image, "2.0", "two", at=BEGIN + LATER)
    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1

    push(image, "3.0", "three", at=BEGIN + 3 * LATER)
    push(image, "4.0", "four", at=BEGIN + 4 * LATER)
    assert mail_new_versions(now=BEGIN + 2 * LATER + timedelta(hours=23)) == 0
    assert mail_new_versions(now=BEGIN + 2 * LATER + timedelta(hours=24)) == 1
    assert mail_new_versions(now=BEGIN + timedelta(days=5)) == 0

    first, second = OutgoingMail.objects.order_by("created_at")
    assert first.subject == "Steady Redis: 2.0 is new"
    assert second.subject == "New versions of Steady Redis"
    assert digest_of("two") not in second.body_text
    assert (digest_of("three") in second.body_text, digest_of("four") in second.body_text) == (True, True)


def test_a_tag_is_told_of_from_first_to_last_and_not_if_it_came_back(image, buyer):
    push(image, "edge", "one", at=BEGIN - LATER)
    push(image, "back", "one", at=BEGIN - LATER)
    for minute, (tag, content) in enumerate([("edge", "two"), ("edge", "three"), ("back", "two"), ("back", "one")]):
        push(image, tag, content, at=BEGIN + timedelta(minutes=minute + 1))

    assert mail_new_versions(now=BEGIN + LATER) == 1

    text = OutgoingMail.objects.get().body_text
    assert (digest_of("one") in text, digest_of("two") in text, digest_of("three") in text) == (True, False, True)
    assert "back" not in text


def test_the_last_quarter_of_an_hour_waits_for_the_tags_that_are_still_to_come(image, buyer):
    push(image, "2.0", "two", at=BEGIN + LATER)

    assert mail_new_versions(now=BEGIN + LATER + timedelta(minutes=14)) == 0
    assert mail_new_versions(now=BEGIN + LATER + timedelta(minutes=15)) == 1


def test_it_waits_for_a_description_and_goes_on_without_what_nobody_can_read(image, buyer):
    push(image, "2.0", "two", at=BEGIN + LATER)
    waiting = push(image, "3.0", "three", at=BEGIN + LATER, described=False)
    assert mail_new_versions(now=BEGIN + 2 * LATER) == 0

    Manifest.objects.filter(pk=waiting.pk).update(given_up_at=timezone.now(), last_error="unreadable")

    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1
    assert digest_of("three") not in OutgoingMail.objects.get().body_text


def test_signatures_artefacts_removed_manifests_and_images_taken_down_are_nobodys_news(image, buyer):
    push(image, "sha256-0123.sig", "signature", at=BEGIN + LATER)
    push(image, "sbom", "artefact", at=BEGIN + LATER, kind=Manifest.Kind.ARTIFACT)
    TagMove.objects.create(image=image, tag="gone", new_digest=digest_of("gone"), at=BEGIN + LATER)
    assert mail_new_versions(now=BEGIN + 2 * LATER) == 0
    assert ProductUpdates.objects.get().covered_until == BEGIN + 2 * LATER - SETTLED

    push(image, "2.0", "two", at=BEGIN + 3 * LATER)
    image.taken_down_at, image.take_down_reason = timezone.now(), "malware"
    image.save()

    assert mail_new_versions(now=BEGIN + 4 * LATER) == 0
    assert mails() == []


def test_only_who_can_pull_and_be_reached_is_mailed(product, image):
    lost = subscriber(product, image)
    Entitlement.objects.filter(holder=lost.account).update(revoked_at=timezone.now(), revocation_reason="Refunded.")
    subscriber(product, image, verified=False)
    subscriber(product, image, is_active=False)
    holder = MembershipFactory(role=Role.MEMBER)
    pays = MembershipFactory(account=holder.account, role=Role.BILLING)
    EntitlementFactory(holder=holder.account, image=image)
    for member in (holder, pays):
        UpdateSubscription.objects.create(user=member.user, product=product)
    push(image, "2.0", "two", at=BEGIN + LATER)

    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1

    assert mails() == [(holder.user.email, "Steady Redis: 2.0 is new")]


def test_a_version_is_mailed_only_to_those_who_can_pull_its_image(product, image):
    """A product whose buyers have different parts of it: by edition, or because an image was added later."""
    added = ImageFactory(namespace=image.namespace)
    ProductImage.objects.create(product=product, image=added, owner=product.seller, position=1)
    standard, pro = subscriber(product, image), subscriber(product, image)
    EntitlementFactory(holder=pro.account, image=added)
    push(added, "9.9", "added", at=BEGIN + LATER)

    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1
    assert mails() == [(pro.email, "Steady Redis: 9.9 is new")]

    push(image, "2.0", "two", at=BEGIN + timedelta(days=2))
    push(added, "10.0", "ten", at=BEGIN + timedelta(days=2))
    assert mail_new_versions(now=BEGIN + timedelta(days=3)) == 2
    mailed = OutgoingMail.objects.get(to=standard.email)
    assert mailed.subject == "Steady Redis: 2.0 is new"
    assert (image.repository in mailed.body_text, added.repository in mailed.body_text) == (True, False)


def test_what_nobody_was_told_of_delays_no_mail(product, image):
    added = ImageFactory(namespace=image.namespace)
    ProductImage.objects.create(product=product, image=added, owner=product.seller, position=1)
    subscriber(product, image)
    push(added, "9.9", "added", at=BEGIN + LATER)
    assert mail_new_versions(now=BEGIN + 2 * LATER) == 0
    assert ProductUpdates.objects.get().covered_until == BEGIN + 2 * LATER - SETTLED

    push(image, "2.0", "two", at=BEGIN + 3 * LATER)
    assert mail_new_versions(now=BEGIN + 4 * LATER) == 1


def test_many_are_mailed_in_batches_and_a_run_that_is_cut_off_goes_on(product, image, monkeypatch):
    for _ in range(5):
        subscriber(product, image)
    push(image, "2.0", "two", at=BEGIN + LATER)
    monkeypatch.setattr(services, "BATCH", 2)
    queue = queue_mail

    def break_off(**values):
        if OutgoingMail.objects.count() == 3:
            raise KeyboardInterrupt
        queue(**values)

    monkeypatch.setattr(services, "queue_mail", break_off)
    with pytest.raises(KeyboardInterrupt):
        mail_new_versions(now=BEGIN + 2 * LATER)
    assert OutgoingMail.objects.count() == 2  # the batch that was cut off left nothing
    monkeypatch.setattr(services, "queue_mail", queue)
    push(image, "3.0", "three", at=BEGIN + 3 * LATER)

    assert mail_new_versions(now=BEGIN + 4 * LATER) == 3

    assert len({one.to for one in OutgoingMail.objects.all()}) == OutgoingMail.objects.count() == 5
    assert not OutgoingMail.objects.filter(body_text__contains=digest_of("three")).exists()


def test_a_withdrawn_product_still_tells_its_buyers_and_links_to_no_page(product, image, buyer):
    Product.objects.update(state=Product.State.WITHDRAWN)
    push(image, "2.0", "two", at=BEGIN + LATER)

    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1
    assert "All tags" not in OutgoingMail.objects.get().body_text


def test_a_product_that_cannot_be_mailed_about_keeps_no_other_waiting(monkeypatch):
    first, second = sorted((ProductFactory() for _ in range(2)), key=lambda product: product.pk)
    for product in (first, second):
        subscriber(product, product.images.get())
        push(product.images.get(), "2.0", f"two of {product.pk}", at=BEGIN + timedelta(minutes=1))

    def fail(*, product_id):
        if product_id == first.pk:
            raise ValueError
        return lock_updates(product_id=product_id)

    monkeypatch.setattr(services, "lock_updates", fail)
    monkeypatch.setattr(services, "PRODUCTS_AT_ONCE", 1)

    assert mail_new_versions(now=BEGIN + LATER) == 1


def test_many_versions_are_counted_beyond_the_first_ones(image, buyer, monkeypatch):
    monkeypatch.setattr(services, "LISTED", 1)
    for number in range(3):
        push(image, f"{number}.0", f"version {number}", at=BEGIN + timedelta(minutes=number + 1))

    mail_new_versions(now=BEGIN + LATER)

    sent = OutgoingMail.objects.get()
    assert sent.subject == "New versions of Steady Redis"
    assert "And 2 more." in sent.body_text
    assert digest_of("version 2") in sent.body_text


def test_products_without_news_cost_one_query(product, buyer):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert mail_new_versions(now=BEGIN + LATER) == 0

    assert len(queries) == 1


def test_the_mail_ends_itself_by_one_click(image, buyer, client):
    push(image, "2.0", "two", at=timezone.now() - LATER)
    ProductUpdates.objects.update(covered_until=timezone.now() - 2 * LATER)
    job()

    send_due_mail()

    (message,) = mail.outbox
    url = message.extra_headers["List-Unsubscribe"]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url.startswith("<http://layerstore.test:8080/library/updates/unsubscribe?key=")
    assert OutgoingMail.objects.get().unsubscribe_url == ""
    path = url.strip("<>").removeprefix("http://layerstore.test:8080")
    asked = client.get(path)
    assert (asked.status_code, UpdateSubscription.objects.count()) == (200, 1)  # whatever follows links ends nothing
    for _ in range(2):
        answer = client.post(path, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, UpdateSubscription.objects.count()) == (200, 0)


@pytest.mark.parametrize("key", ["", "nobody", "0190a00000007000800000000000000a:forged"])
def test_a_link_that_was_not_made_here_ends_nothing(buyer, client, key):
    for method in ("get", "post"):
        assert getattr(client, method)(f"/library/updates/unsubscribe?key={key}").status_code == 404
    assert UpdateSubscription.objects.exists()


def test_other_mails_have_no_such_headers(settings):
    OutgoingMail.objects.create(key="receipt", to="a@example.test", subject="Receipt", body_text="Thanks.", body_html="Thanks.")

    send_due_mail()

    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & mail.outbox[0].extra_headers.keys()


class TestChoosing:
    def test_it_is_chosen_and_ended_on_the_page(self, client, product, image):
        user = EntitlementFactory(image=image, holder=UserFactory().account).holder.user
        client.force_login(user)
        path = f"/library/updates/{product.pk}"

        for _ in range(2):
            assert client.post(path, {"wanted": "yes"}).status_code == 302
        assert UpdateSubscription.objects.get().user == user
        assert "Stop these mails" in client.get("/library/").content.decode()
        assert "Stop these mails" in client.get(f"/{product.namespace.name}/{product.slug}").content.decode()

        assert client.post(path).status_code == 302
        assert not UpdateSubscription.objects.exists()
        assert "Mail me new versions" in client.get("/library/").content.decode()

    def test_it_is_for_those_who_can_pull(self, client, product):
        user = UserFactory()
        client.force_login(user)

        assert client.post(f"/library/updates/{product.pk}", {"wanted": "yes"}).status_code == 404
        with pytest.raises(NotInLibrary):
            subscribe_to_updates(product=product, user=user)
        assert not UpdateSubscription.objects.exists()
        assert not ProductUpdates.objects.exists()

    def test_an_address_is_verified_first(self, client, product, image):
        user = UserFactory(verified=False)
        EntitlementFactory(image=image, holder=user.account)
        client.force_login(user)

        client.post(f"/library/updates/{product.pk}", {"wanted": "yes"})
        with pytest.raises(EmailNotVerified):
            subscribe_to_updates(product=product, user=user)
        assert not UpdateSubscription.objects.exists()

    def test_ending_what_was_not_chosen_changes_nothing(self, product, buyer):
        unsubscribe_from_updates(product=product, user=UserFactory())

        assert UpdateSubscription.objects.get().user == buyer


def test_a_withdrawn_product_keeps_its_name_in_its_buyers_libraries(client, product, image, buyer):
    product.state = Product.State.WITHDRAWN
    product.save()
    client.force_login(buyer)

    page = client.get("/library/").content.decode()

    assert ("Steady Redis" in page, "No longer sold" in page, "Stop these mails" in page) == (True, True, True)
    assert f"docker pull layerstore.test:8080/{image.repository}:1.0" in page


def test_a_push_that_is_told_again_or_late_moves_nothing(image):
    Tag.objects.all().delete()
    push(image, "1.0", "one", at=BEGIN)
    push(image, "1.0", "one", at=BEGIN + LATER)
    push(image, "1.0", "late", at=BEGIN + timedelta(minutes=1))

    assert [(move.old_digest, move.new_digest) for move in TagMove.objects.filter(image=image)] == [("", digest_of("one"))]
    assert TagFactory._meta.model.objects.get(image=image).moved_at is None


def test_what_another_worker_has_just_mailed_is_not_mailed_again(product, image, buyer, monkeypatch):
    push(image, "2.0", "two", at=BEGIN + LATER)
    due = ProductUpdates.objects.all()  # as both saw it, before either had the lock
    monkeypatch.setattr(services, "due_updates", lambda **_: due)
    assert mail_new_versions(now=BEGIN + 2 * LATER) == 1

    assert mail_new_versions(now=BEGIN + 2 * LATER) == 0
    assert OutgoingMail.objects.count() == 1
