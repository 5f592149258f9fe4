"""Reviews and reports in every state, for the pages that show them. Runs inside the stack, as the other rows do."""

from datetime import timedelta

from django.utils import timezone

from accounts.people.models import User
from marketplace.moderation.models import Report
from marketplace.products.models import Product
from marketplace.reviews.models import Review, ReviewVersion
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ReportFactory, ReviewFactory

WORDS = {
    5: "Ran the failover drill on a Friday. Seven seconds, nobody noticed.",
    4: "Solid. The default buffers assume 4 GB; once set, it has not been touched for a year.",
    3: "Works, but the arm64 image came two weeks late.\n\nThe notes beside it are good.",
    2: "Starts slowly.",
}


def opinions(long_word: str) -> dict[str, str]:
    """Six reviews of what jonas bought, one of them hidden; one with nothing to break a line at; reports to both sides."""
    product, now = Product.objects.get(slug="redis-steady"), timezone.now()
    jonas, mara = User.objects.get(username="jonas"), User.objects.get(username="mara")
    for number, rating in enumerate((5, 4, 5, 3, 4, 5)):
        ReviewFactory(product=product, rating=rating, text=WORDS[rating], pulls=number * 317, written_at=now - timedelta(days=9 * number))
    own = ReviewFactory(product=product, buyer=jonas.account, author=jonas, rating=4, text=WORDS[4], edited_at=now, pulls=12, bought=False)
    ReviewVersion.objects.create(review=own, rating=2, text=WORDS[2], written_at=now - timedelta(days=20))
    answered = {"answer": "Thank you. Since 1.1 it reads the limit of its container.", "answered_at": now}
    Review.objects.filter(pk=own.pk).update(written_at=now - timedelta(days=20), **answered)
    long = Product.objects.filter(seller__account__user__username="longest", state=Product.State.PUBLISHED).get()
    ReviewFactory(
        product=long, text=long_word * 40, pulls=10**12, user=UserFactory(username="d" * 39), **{**answered, "answer": long_word * 20}
    )
    about = {"product": product, "concerned": mara.account}
    ReportFactory(**about)
    upheld = ReportFactory(upheld=True, kind=Report.Kind.LICENCE, decision=long_word * 20, **about)
    closed = {"appeal": "It compiles.", "appealed_at": now, "appeal_answer": "It does. We were wrong.", "appeal_decided_at": now}
    granted = ReportFactory(upheld=True, state=Report.State.APPEAL_GRANTED, **closed, **about)
    ReportFactory(upheld=True, reporter=jonas, answer=long_word * 10, concerned=UserFactory().account)
    return {"review": str(own.pk), "report": str(upheld.pk), "report_granted": str(granted.pk)}
