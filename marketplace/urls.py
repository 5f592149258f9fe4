"""Addresses of the shop. Two-part names come last: every first segment above them is a reserved word."""

from django.urls import path, re_path
from django.urls.converters import StringConverter, register_converter

from marketplace.credentials.views import access_tokens, pull_credentials, robots
from marketplace.gifts import views as gifts
from marketplace.library import views as library
from marketplace.moderation import views as moderation
from marketplace.reviews import views as reviewing
from marketplace.search import views as search
from marketplace.selling.views import dashboard, domains, editions, hand_over, images, numbers, product_parts, products, unsaved
from marketplace.selling.views import gifts as giving
from marketplace.selling.views import trials as seller_trials
from marketplace.shopwindow.views import categories, crawlers, home, pictures, shops
from marketplace.shopwindow.views import help as helping
from marketplace.trials import views as trials
from marketplace.updates import views as updates


class NameConverter(StringConverter):
    """What can be a name at all: anything else is answered without asking the database, which refuses some of it."""

    regex = r"[a-z0-9._-]+"


register_converter(NameConverter, "name")

app_name = "marketplace"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("search/suggestions", search.suggestions, name="suggestions"),
    path("categories/<slug:category>/", categories.category, name="category"),
    path("robots.txt", crawlers.robots_txt, name="robots_txt"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    re_path(r"^sitemap/(?P<kind>pages|shops|products)-(?P<number>[1-9][0-9]{0,5})\.xml$", crawlers.part_of_sitemap, name="sitemap_part"),
    re_path(r"^media/(?P<path>products/[0-9a-f]{32}\.webp)$", pictures.picture, name="picture"),
    path("how-it-works/", helping.how, name="how"),
    path("help/docker/", helping.help_docker, name="help_docker"),
    path("help/kubernetes/", helping.help_kubernetes, name="help_kubernetes"),
    path("help/ci/", helping.help_ci, name="help_ci"),
    path("help/report/<name:about>/<uuid:target_id>/", moderation.report, name="report"),
    path("account/reports/", moderation.reports, name="reports"),
    path("account/reports/<uuid:report_id>/", moderation.report_appeal, name="report_appeal"),
    path("account/tokens/", access_tokens.tokens, name="tokens"),
    path("account/tokens/log-out-everywhere", access_tokens.log_out_everywhere, name="log_out_everywhere"),
    path("account/tokens/<uuid:token_id>/revoke", access_tokens.revoke_token, name="token_revoke"),
    path("account/organisations/<name:handle>/robots/", robots.robots, name="robots"),
    path("account/organisations/<name:handle>/robots/<uuid:robot_id>/replace", robots.replace, name="robot_replace"),
    path("account/organisations/<name:handle>/robots/<uuid:robot_id>/revoke", robots.revoke, name="robot_revoke"),
    path("library/", library.library, name="library"),
    path("library/credential/", pull_credentials.pull_credential, name="pull_credential"),
    path("library/get/<uuid:product_id>/", library.obtain, name="obtain"),
    path("library/try/<uuid:product_id>/", trials.try_product, name="try_product"),
    path("library/gift", gifts.gift_link, name="gift_link"),
    path("library/gifts/<uuid:gift_id>/", gifts.gift, name="gift"),
    path("library/updates/<uuid:product_id>", updates.updates_choose, name="updates_choose"),
    path("library/updates/unsubscribe", updates.updates_unsubscribe, name="updates_unsubscribe"),
    path("library/reviews/<uuid:product_id>/", reviewing.review, name="review"),
    path("selling/", dashboard.dashboard, name="dashboard"),
    path("selling/figures.csv", numbers.figures_csv, name="figures_csv"),
    path("selling/outlook.csv", numbers.outlook_csv, name="outlook_csv"),
    path("selling/start/", dashboard.start, name="start"),
    path("selling/namespaces/<uuid:namespace_id>/hand-over", hand_over.hand_over, name="hand_over"),
    path("selling/reserve/", dashboard.reserve, name="reserve"),
    path("selling/reserve/availability", dashboard.availability, name="availability"),
    path("selling/domain/", domains.domain, name="domain"),
    path("selling/domain/check", domains.check, name="domain_check"),
    path("selling/domain/remove", domains.remove, name="domain_remove"),
    path("selling/gifts/", giving.gifts, name="gifts"),
    path("selling/gifts/upload", giving.gifts_upload, name="gifts_upload"),
    path("selling/gifts.csv", giving.gifts_csv, name="gifts_csv"),
    path("selling/gifts/<uuid:gift_id>/", giving.gift_change, name="gift_change"),
    path("selling/trials/", seller_trials.trials, name="trials"),
    path("selling/images/<uuid:image_id>/", images.image, name="image"),
    path("selling/images/<uuid:image_id>/tags", images.image_tags, name="image_tags"),
    path("selling/images/<uuid:image_id>/pulls.csv", numbers.image_pulls_csv, name="image_pulls_csv"),
    path("selling/images/<uuid:image_id>/featured", images.feature, name="image_feature"),
    path("selling/images/<uuid:image_id>/manifests/<uuid:manifest_id>/remove", images.remove_unreadable, name="remove_unreadable"),
    path("selling/images/<uuid:image_id>/release", images.release, name="release"),
    path("selling/products/new/", products.product_new, name="product_new"),
    path("selling/products/preview", products.preview, name="preview"),
    path("selling/products/unsaved", unsaved.keep_new, name="keep_unsaved_new"),
    path("selling/products/unsaved/discard", unsaved.discard, name="discard_unsaved"),
    path("selling/products/<uuid:product_id>/unsaved", unsaved.keep, name="keep_unsaved"),
    path("selling/products/<uuid:product_id>/", products.product_edit, name="product_edit"),
    path("selling/products/<uuid:product_id>/publish", products.product_publish, name="product_publish"),
    path("selling/products/<uuid:product_id>/withdraw", products.product_withdraw, name="product_withdraw"),
    path("selling/products/<uuid:product_id>/price", product_parts.product_price, name="product_price"),
    path("selling/products/<uuid:product_id>/trial", product_parts.product_trial, name="product_trial"),
    path("selling/products/<uuid:product_id>/reach", product_parts.product_reach, name="product_reach"),
    path("selling/products/<uuid:product_id>/editions/", editions.edition_new, name="edition_new"),
    path("selling/products/<uuid:product_id>/editions/<uuid:edition_id>/", editions.edition_edit, name="edition_edit"),
    path("selling/products/<uuid:product_id>/editions/<uuid:edition_id>/move", editions.edition_move, name="edition_move"),
    path("selling/products/<uuid:product_id>/editions/<uuid:edition_id>/retire", editions.edition_retire, name="edition_retire"),
    path("selling/products/<uuid:product_id>/pictures", product_parts.picture_add, name="picture_add"),
    path("selling/products/<uuid:product_id>/pictures/<uuid:picture_id>/delete", product_parts.picture_delete, name="picture_delete"),
    path("selling/products/<uuid:product_id>/pictures/<uuid:picture_id>/move", product_parts.picture_move, name="picture_move"),
    path("selling/reviews/<uuid:review_id>/answer", reviewing.review_answer, name="review_answer"),
    path("covers/<name:namespace>/<name:name>.svg", shops.cover, name="cover"),
    path("covers/<name:namespace>/<name:name>.png", pictures.preview, name="preview_picture"),
    path("<name:namespace>", shops.shop, name="shop"),
    path("<name:namespace>/<name:slug>", shops.product, name="product"),
    path("<name:namespace>/<name:slug>/reviews/", reviewing.reviews, name="reviews"),
]
