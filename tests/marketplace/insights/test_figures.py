"""What a seller sees of the pulls: sums that agree, names of buyers and of nobody else."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.organisations.models import Role
from accounts.people.models import Account
from marketplace.entitlements.models import PAID, Entitlement
from marketplace.images.models import Image
from marketplace.insights.models import PullCount, PullerSketch
from marketplace.insights.selectors import DAYS, Share, pull_figures, puller_figures, with_shown_buyer
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationFactory, OrganisationSellerFactory, UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    ImageFactory,
    NamespaceFactory,
    PullCountFactory,
    PullerSketchFactory,
    PushedImageFactory,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def image() -> Image:
    return PushedImageFactory()


def count(image: Image, number: int, *, ago: int = 0, **key: object) -> PullCount:
    return PullCountFactory(image=image, day=TODAY - timedelta(days=ago), count=number, **key)


def sign_in(client: Client, image: Image) -> None:
    assert image.owner.user
    client.force_login(image.owner.user)


def buyer(image: Image, name: str, source: str = Entitlement.Source.ORDER) -> Account:
    account: Account = UserFactory(username=name).account
    EntitlementFactory(holder=account, image=image, source_kind=source)
    return account


def test_thirty_days_are_added_up_and_older_or_foreign_ones_are_not(image, django_assert_num_queries):
    count(image, 5)
    count(image, 2, platform="linux/arm64")
    count(image, 3, ago=DAYS - 1, tag="")
    count(image, 100, ago=DAYS)
    count(ImageFactory(), 100)

    with django_assert_num_queries(4):
        figures = pull_figures(image, today=TODAY, viewer_id=image.owner.user_id)

    assert (figures.total, figures.busiest, len(figures.days)) == (10, (TODAY, 7), DAYS)
    assert figures.days[0] == (TODAY - timedelta(days=DAYS - 1), 3)
    assert figures.tags == [Share("1.0", 7), Share("by digest", 3)]
    assert figures.platforms == [Share("linux/amd64", 8), Share("linux/arm64", 2)]
    assert figures.buyers == [Share("Others", 10)]


def test_an_image_that_nobody_pulled_has_no_figures(image):
    figures = pull_figures(image, today=TODAY, viewer_id=image.owner.user_id)

    assert (figures.total, figures.tags, figures.platforms, figures.buyers) == (0, [], [], [])


def test_what_is_beyond_the_longest_list_is_summed_up(image):
    for number in range(10):
        count(image, 10 - number, tag=f"{number}.0")
        count(image, 1, buyer=buyer(image, f"buyer-{number}"))
    count(image, 1, tag="")

    figures = pull_figures(image, today=TODAY, viewer_id=image.owner.user_id)

    assert [share.name for share in figures.tags] == ["1.0", "0.0", *[f"{n}.0" for n in range(2, 8)], "by digest", "Others"]
    assert [share.count for share in figures.tags][-2:] == [1, 3]
    assert figures.buyers[-1] == Share("Others", 58)
    assert {figures.total} == {sum(share.count for share in shares) for shares in (figures.tags, figures.platforms, figures.buyers)}


class TestNames:
    def shown(self, image: Image, account: Account | None) -> str:
        row, viewer_id = count(image, 1, buyer=account), image.owner.user_id
        return str(getattr(with_shown_buyer(PullCount.objects.all(), viewer_id=viewer_id).get(pk=row.pk), "shown_buyer"))  # noqa: B009  an annotation

    @pytest.mark.parametrize("source", PAID)
    def test_who_bought_the_image_is_named(self, image, source):
        assert self.shown(image, buyer(image, "jonas", source)) == "jonas"

    def test_who_got_their_money_back_is_still_on_the_page_of_orders(self, image):
        account = buyer(image, "jonas")
        Entitlement.objects.update(revoked_at="2026-11-22T00:00Z", revocation_reason="Refunded.")

        assert self.shown(image, account) == "jonas"

    @pytest.mark.parametrize("source", [Entitlement.Source.FREE, Entitlement.Source.STAFF])
    def test_who_did_not_buy_it_is_not(self, image, source):
        assert self.shown(image, buyer(image, "jonas", source)) == ""

    def test_who_bought_another_image_is_not(self, image):
        assert self.shown(image, buyer(ImageFactory(), "jonas")) == ""

    def test_a_member_pulls_for_the_organisation_that_bought(self, image):
        acme, other = OrganisationFactory(name="Acme"), OrganisationFactory(name="Other")
        EntitlementFactory(holder=acme, image=image)
        member = MembershipFactory(account=acme).user
        MembershipFactory(account=other, user=member)

        assert self.shown(image, member.account) == "Acme"
        assert self.shown(image, MembershipFactory(account=other).user.account) == ""

    def test_sellers_see_themselves(self, image):
        assert self.shown(image, image.owner) == image.owner.name

    def test_the_anonymous_are_nobody(self, image):
        assert self.shown(image, None) == ""


def test_the_sellers_page_shows_the_pulls(client: Client, image: Image):
    sign_in(client, image)
    address = f"/selling/images/{image.pk}/"
    assert "Nobody has pulled it" in client.get(address).content.decode()
    stranger = UserFactory(username="unseen").account
    PullCountFactory(image=image, buyer=buyer(image, "jonas"), count=1_234)
    PullCountFactory(image=image, buyer=stranger, platform="", count=2)

    page = client.get(address)

    assert_sound(page)
    html = page.content.decode()
    assert "1,236 in the last 30 days" in html
    assert "jonas" in html
    assert "unseen" not in html


@pytest.mark.parametrize(("role", "named"), [(Role.OWNER, True), (Role.BILLING, True), (Role.EDITOR, False)])
def test_only_who_sees_the_sales_of_an_organisation_reads_who_bought(client: Client, role: Role, *, named: bool) -> None:
    acme = OrganisationSellerFactory(account__handle="acme", account__name="Acme").account
    image = PushedImageFactory(namespace=NamespaceFactory(owner=acme, name="acme"))
    PullCountFactory(image=image, buyer=buyer(image, "jonas"), count=5)
    PullCountFactory(image=image, buyer=acme, count=2)
    reader = MembershipFactory(account=acme, role=role).user
    client.force_login(reader)
    api = APIClient(headers={"Authorization": f"Bearer {AccessTokenFactory(user=reader).secret}"})

    page, rows = client.get(f"/selling/images/{image.pk}/"), api.get("/api/v1/pull-counts/").json()["results"]

    assert_sound(page)
    assert page.context["pulls"].buyers == ([Share("jonas", 5), Share("Acme", 2)] if named else [Share("Acme", 2), Share("Others", 5)])
    assert ("Owners and billing people read" in page.content.decode(), "jonas" in page.content.decode()) == (not named, named)
    assert {(row["buyer"], row["count"]) for row in rows} == {("jonas" if named else "", 5), ("Acme", 2)}


def pulls_csv(client: Client, image: Image, **asked: str) -> list[str]:
    return client.get(f"/selling/images/{image.pk}/pulls.csv", asked).content.decode().splitlines()


def test_each_table_of_the_pulls_is_a_file_too(client: Client, image: Image):
    sign_in(client, image)
    today = timezone.now().date()
    PullCountFactory(image=image, day=today, tag="=1+2", platform="linux/arm64", buyer=buyer(image, "jonas"), count=4)
    PullCountFactory(image=image, day=today - timedelta(days=1), count=3)
    PullCountFactory(image=image, day=today - timedelta(days=DAYS), count=9)

    html = client.get(f"/selling/images/{image.pk}/").content.decode()
    lines = pulls_csv(client, image)

    assert [f'href="/selling/images/{image.pk}/pulls.csv?by={by}"' in html for by in ("day", "tag", "platform", "buyer")] == [True] * 4
    assert (lines[0], len(lines), lines[-2:]) == ("day,pulls", 1 + DAYS, [f"{today - timedelta(days=1)},3", f"{today},4"])
    assert pulls_csv(client, image, by="nonsense") == pulls_csv(client, image, by="day") == lines
    assert pulls_csv(client, image, by="tag") == ["tag,pulls", "'=1+2,4", "1.0,3"]
    assert pulls_csv(client, image, by="platform") == ["platform,pulls", "linux/arm64,4", "linux/amd64,3"]
    assert pulls_csv(client, image, by="buyer") == ["buyer,pulls", "jonas,4", "Others,3"]


def test_a_file_of_pulls_is_for_whoever_sees_the_page(client: Client, image: Image):
    sign_in(client, ImageFactory())

    assert client.get(f"/selling/images/{image.pk}/pulls.csv").status_code == 404
    assert Client().get(f"/selling/images/{image.pk}/pulls.csv").status_code == 302


def test_the_page_says_how_many_pulled_how_sure_that_is_and_what_it_takes(client: Client, image: Image):
    sign_in(client, image)
    today = timezone.now().date()
    PullCountFactory(image=image)
    for period, distinct in zip(PullerSketch.Period, (7, 1_204, 30_511), strict=True):
        PullerSketchFactory(image=image, period=period, begins=period.of(today), distinct=distinct)
        PullerSketchFactory(image=image, period=period, begins=period.of(today - timedelta(days=40)), distinct=999)

    html = client.get(f"/selling/images/{image.pk}/").content.decode()

    assert [f'<dd class="big">{figure}</dd>' in html for figure in ("7", "1,204", "30,511")] == [True] * 3
    assert "standard error of 0.81 %" in html
    assert "12 KiB" in html


@pytest.mark.parametrize(
    ("period", "begins"),
    [("day", date(2026, 11, 25)), ("week", date(2026, 11, 23)), ("month", date(2026, 11, 1))],
)
def test_a_period_begins_where_it_should_and_no_other_counts(image, period, begins):
    PullerSketchFactory(image=image, period=period, begins=begins, distinct=5)
    PullerSketchFactory(image=image, period=period, begins=date(2026, 10, 26), distinct=9)
    PullerSketchFactory(period=period, begins=begins, distinct=9)

    figures = puller_figures(image, today=date(2026, 11, 25))

    assert {name: getattr(figures, name) for name in ("day", "week", "month")} == {"day": 0, "week": 0, "month": 0} | {period: 5}


def test_the_page_of_what_was_never_pushed_has_no_pulls(client: Client):
    image = ImageFactory()
    sign_in(client, image)

    assert 'id="pulls"' not in client.get(f"/selling/images/{image.pk}/").content.decode()


class TestApi:
    @pytest.fixture
    def seller(self, image: Image) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {AccessTokenFactory(user=image.owner.user).secret}"})

    def test_sellers_read_the_rows_of_their_own_images(self, image, seller):
        row = count(image, 3, buyer=buyer(image, "jonas"))
        count(image, 1, ago=1)
        PullCountFactory()

        answer = seller.get("/api/v1/pull-counts/", {"day": TODAY.isoformat()}).json()["results"]

        assert answer == [
            {
                "id": str(row.pk),
                "image": str(image.pk),
                "day": "2026-11-23",
                "tag": "1.0",
                "platform": "linux/amd64",
                "buyer": "jonas",
                "count": 3,
            }
        ]
        assert len(seller.get("/api/v1/pull-counts/").json()["results"]) == 2

    def test_sellers_read_the_distinct_pullers_of_their_own_images(self, image, seller):
        PullerSketchFactory(image=image, begins=TODAY, distinct=12)
        PullerSketchFactory()

        (row,) = seller.get("/api/v1/puller-counts/", {"period": "day"}).json()["results"]

        assert (row["image"], row["begins"], row["distinct"]) == (str(image.pk), "2026-11-23", 12)
        assert "sketch" not in row

    def test_nobody_writes_them(self, image, seller):
        assert seller.post("/api/v1/pull-counts/", {"image": image.pk, "count": 1}).status_code == 405
