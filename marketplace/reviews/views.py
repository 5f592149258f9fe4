"""Reviews of a product: all of them, the form of a buyer's own, and the form of the seller's answer."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people.models import User
from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.images.ownership import owns
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.reviews.forms import AnswerForm, ReviewForm
from marketplace.reviews.models import Review
from marketplace.reviews.selectors import rating_of, reviewer_of, shown_reviews
from marketplace.reviews.services import answer_review, write_review

_PER_PAGE = 20


@require_safe
def reviews(request: HttpRequest, namespace: str, slug: str) -> HttpResponse:
    """List all reviews of a product that everybody may see."""
    product = _visible().filter(namespace__name=namespace, slug=slug).first()
    if product is None:
        raise Http404
    context = {
        "product": product,
        "product_url": product_url(product),
        "rating": rating_of(product),
        "page": Paginator(shown_reviews(product), _PER_PAGE).get_page(request.GET.get("page")),
        "answers": isinstance(request.user, User) and owns(request.user, product.seller_id),
    }
    return render(request, "marketplace/reviews.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Write the reader's review of a product, or edit it."""
    product, user = _visible().filter(pk=product_id).first(), signed_in(request)
    if product is None:
        raise Http404
    buyer = reviewer_of(product, user)
    own = Review.objects.filter(product=product, buyer=buyer).first() if buyer else None
    form = ReviewForm(request.POST if request.method == "POST" else None, initial={"rating": own.rating, "text": own.text} if own else None)
    page = partial(
        render,
        request,
        "marketplace/review.html",
        {"form": form, "product": product, "buyer": buyer, "own": own, "product_url": product_url(product)},
    )
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        write_review(product=product, user=user, **form.cleaned_data)
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("Your review was changed.") if own else gettext("Your review is on the product’s page."))
    return redirect(product_url(product) + "#reviews")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_answer(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Answer a review of one's own product."""
    user = signed_in(request)
    found = Review.objects.shown().select_related("product__namespace", "buyer").filter(pk=review_id).first()
    if found is None or not owns(user, found.product.seller_id):
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None, initial={"answer": found.answer})
    if not form.is_valid():
        context = {"form": form, "review": found, "product_url": product_url(found.product)}
        return render(request, "marketplace/review_answer.html", context, status=400 if form.is_bound else 200)
    answer_review(review=found, answer=form.cleaned_data["answer"], actor=user)
    messages.success(
        request, gettext("Your answer is below the review.") if form.cleaned_data["answer"] else gettext("Your answer was taken away.")
    )
    return redirect(product_url(found.product) + "#reviews")


def _visible() -> QuerySet[Product]:
    return Product.objects.visible().select_related("namespace", "seller")
