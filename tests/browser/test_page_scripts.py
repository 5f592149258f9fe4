"""What the scripts add to pages that work without them."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.people.models import User
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Product, ProductPicture, UnsavedText
from marketplace.search.services import count_known_words
from tests.browser.looks import Watch
from tests.factories.accounts import SellerFactory
from tests.factories.marketplace import DraftProductFactory, ImageFactory, NamespaceFactory, ProductFactory, PushedImageFactory, TagFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def namespace(transactional_db: None) -> Namespace:
    return NamespaceFactory(name="acme", seller=SellerFactory(user__username="acme"))


@pytest.fixture
def product(namespace: Namespace) -> Product:
    image = PushedImageFactory(namespace=namespace, name="db")
    return ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=[image], description="```\nservices: {}\n```")


@pytest.fixture
def selling(tab: Page, live_server: LiveServer, namespace: Namespace) -> Page:
    """A tab in which the seller is signed in."""
    user: User | None = namespace.owner.user
    assert user
    client = Client()
    client.force_login(user)
    cookie = client.cookies["layerstore_session"]
    tab.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return tab


def theme(page: Page) -> str | None:
    return page.locator("html").get_attribute("data-theme")


def test_the_tab_of_the_page_is_in_view_on_a_phone(selling: Page, live_server: LiveServer) -> None:
    selling.set_viewport_size({"width": 375, "height": 800})

    selling.goto(f"{live_server.url}/selling/domain/")  # the last of the tabs

    expect(selling.locator(".tabs > [aria-current]")).to_be_in_viewport(ratio=1)
    assert selling.evaluate("[scrollX, document.querySelector('.tabs').scrollLeft > 0]") == [0, True]


def test_a_command_is_copied_without_its_prompt(tab: Page, live_server: LiveServer, product: Product) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    tab.goto(f"{live_server.url}/acme/db")

    tab.locator(".cmd [data-copy]").first.click()

    expect(tab.locator(".cmd [data-copy]").first).to_have_text("Copied")
    expect(tab.locator("[data-status]")).to_have_text("Copied to the clipboard")
    assert tab.evaluate("navigator.clipboard.readText()") == "docker pull layerstore.test:8080/acme/db:1.0"


def test_the_theme_switches_at_once_and_is_in_the_next_page_from_the_start(tab: Page, live_server: LiveServer, product: Product) -> None:
    tab.goto(f"{live_server.url}/acme/db")

    tab.get_by_role("button", name="Dark").click()
    assert theme(tab) == "dark"
    tab.goto(f"{live_server.url}/acme")
    assert theme(tab) == "dark"
    expect(tab.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")

    tab.get_by_role("button", name="System").click()
    tab.reload()
    assert theme(tab) is None


def test_without_script_the_theme_switches_through_the_server(chromium: Browser, live_server: LiveServer, product: Product) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/acme/db")

    page.get_by_role("button", name="Dark").click()

    assert page.url == f"{live_server.url}/acme/db"
    assert theme(page) == "dark"
    expect(page.locator(".copy").first).to_be_hidden()
    context.close()


def test_a_name_is_looked_up_as_it_is_typed(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    ImageFactory(namespace=namespace, name="taken")
    selling.goto(f"{live_server.url}/selling/reserve/")
    answer, button = selling.locator("#availability"), selling.locator("[data-availability-button]")

    selling.locator("#id_name").fill("taken")
    expect(answer).to_have_text("You hold acme/taken already.")
    expect(selling.locator("#id_name")).to_have_attribute("aria-invalid", "true")
    expect(button).to_have_text("Reserve")

    selling.locator("#id_name").fill("db")
    expect(answer).to_have_text("acme/db is free. Your first push keeps it for good.")
    expect(button).to_have_text("Reserve acme/db")

    button.click()
    expect(selling.get_by_role("heading", level=1)).to_have_text("acme/db")
    assert Image.objects.filter(repository="acme/db").exists()


def test_a_look_up_under_way_is_left_behind_by_the_form(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    watch = Watch(selling, (live_server.url,))
    selling.route("**/selling/reserve/availability?**", lambda _: None)
    selling.goto(f"{live_server.url}/selling/reserve/")
    with selling.expect_request("**/selling/reserve/availability?**"):
        selling.locator("#id_name").fill("db")

    with selling.expect_event("requestfailed"):
        selling.locator("[data-availability-button]").click()

    expect(selling.get_by_role("heading", level=1)).to_have_text("acme/db")
    assert watch.complaints == []


@pytest.mark.parametrize("path", ["reserve/", "products/{draft}/"], ids=["availability", "preview"])
def test_a_form_on_its_way_asks_for_nothing_any_more(selling: Page, live_server: LiveServer, namespace: Namespace, path: str) -> None:
    asked: list[str] = []
    selling.clock.install()
    selling.goto(f"{live_server.url}/selling/{path.format(draft=DraftProductFactory(namespace=namespace).pk)}")
    selling.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)

    # In one go, before any timer can fire; the form's listeners hear of it, and the page stays.
    selling.locator("#id_name, #id_description").evaluate("""field => {
        field.value = "db";
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        field.form.dispatchEvent(new SubmitEvent("submit"));
    }""")
    selling.clock.run_for(1_000)

    assert asked == []


def test_a_pushed_tag_appears_on_the_open_page(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace, name="db")
    selling.goto(f"{live_server.url}/selling/images/{image.pk}/")
    expect(selling.get_by_text("No tag yet")).to_be_visible()

    TagFactory(image=image, name="1.0")

    expect(selling.get_by_role("row", name="1.0")).to_be_visible()


def test_the_preview_follows_what_is_written(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    draft = DraftProductFactory(namespace=namespace)
    selling.goto(f"{live_server.url}/selling/products/{draft.pk}/")

    selling.locator("#id_title").fill("Another title")
    selling.locator("#id_description").fill("## Inside\n\n<img src=x onerror=alert(1)>")

    expect(selling.locator("#preview-title")).to_have_text("Another title")
    expect(selling.locator("#preview-page h3")).to_have_text("Inside")
    expect(selling.locator("#preview-page img")).to_have_count(0)


def test_the_menu_closes_with_escape_and_gives_the_focus_back(selling: Page, live_server: LiveServer) -> None:
    selling.goto(live_server.url)
    selling.locator(".menu summary").click()
    expect(selling.get_by_role("button", name="Sign out")).to_be_visible()

    selling.keyboard.press("Escape")

    expect(selling.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(selling.locator(".menu summary")).to_be_focused()


def test_another_order_of_results_needs_no_button(tab: Page, live_server: LiveServer, product: Product) -> None:
    tab.goto(f"{live_server.url}/search/")

    tab.locator("#sort").select_option("price")

    tab.wait_for_url("**/search/?sort=price")


def test_what_is_typed_in_two_tabs_is_kept_twice_and_the_second_is_told_of_the_first(
    selling: Page, live_server: LiveServer, namespace: Namespace
) -> None:
    draft = DraftProductFactory(namespace=namespace, slug="db", title="Postgres HA")
    address = f"{live_server.url}/selling/products/{draft.pk}/"
    other = selling.context.new_page()
    for tab, title in ((selling, "Of the first tab"), (other, "Of the second tab")):
        tab.goto(address)
        tab.get_by_label("Title").fill(title)
        expect(tab.locator("[data-kept]")).to_contain_text("not saved yet")
    assert {text.typed["title"][0] for text in UnsavedText.objects.all()} == {"Of the first tab", "Of the second tab"}

    selling.get_by_role("button", name="Save draft").first.click()
    expect(selling.get_by_text("Saved.", exact=True)).to_be_visible()
    other.get_by_label("One line").fill("Fails over.")
    expect(other.locator("[data-overtaken]")).to_be_visible()
    expect(other.locator("#preview-summary")).to_have_text("Fails over.")
    other.get_by_role("button", name="Save draft").first.click()

    expect(other.get_by_role("heading", name="What was saved elsewhere meanwhile")).to_be_visible()
    expect(other.locator(".snippet").first).to_contain_text("Of the first tab")
    expect(other.get_by_label("Title")).to_have_value("Of the second tab")


def test_who_may_edit_no_more_is_told_so_while_typing(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    draft = DraftProductFactory(namespace=namespace, images=[], price=False)
    selling.goto(f"{live_server.url}/selling/products/{draft.pk}/")
    selling.context.clear_cookies(name="layerstore_session")  # signed out elsewhere: the server answers, with another page

    selling.get_by_label("Title").fill("Typed")

    expect(selling.locator("[data-kept]")).to_contain_text("you are signed out, or may not edit this any more")


def test_the_button_of_a_part_loses_nothing_and_publish_publishes_what_is_seen(
    selling: Page, live_server: LiveServer, namespace: Namespace
) -> None:
    draft = DraftProductFactory(
        namespace=namespace, slug="db", title="Postgres HA", images=[PushedImageFactory(namespace=namespace, name="db")]
    )
    selling.goto(f"{live_server.url}/selling/products/{draft.pk}/")
    for amount in ("12", "13"):
        selling.get_by_label("Description").fill(f"Typed before {amount}.")
        selling.get_by_label("What it shows").fill("A square")
        selling.get_by_role("textbox", name="Amount").fill(amount)
        selling.get_by_role("button", name="Set the price").click()
        expect(selling.get_by_text(f"It costs €{amount}.00 from now on.")).to_be_visible()
        expect(selling.get_by_label("Description")).to_have_value(f"Typed before {amount}.")
        expect(selling.get_by_label("What it shows")).to_have_value("A square")
        expect(selling.get_by_role("link", name="Open it")).to_have_count(0)

    selling.get_by_label("What it shows").fill("")
    selling.get_by_label("Title").fill("Late")
    selling.get_by_role("textbox", name="Amount").fill("14")
    selling.get_by_role("button", name="Publish").click()

    expect(selling.get_by_text("Late is published. This is what buyers see.")).to_be_visible()
    draft.refresh_from_db()
    assert (draft.title, draft.description, draft.state) == ("Late", "Typed before 13.", "published")
    assert not UnsavedText.objects.exists()


def test_pictures_move_by_keyboard_and_by_drag(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    draft = DraftProductFactory(namespace=namespace)
    for position, alt in enumerate(("A", "B", "C")):
        ProductPicture.objects.create(product=draft, file=f"products/{alt}.webp", width=4, height=3, alt=alt, position=position)
    selling.route("**/media/**", lambda route: route.fulfill(body="", content_type="image/webp"))
    selling.goto(f"{live_server.url}/selling/products/{draft.pk}/")
    order = selling.locator("[data-pictures] img")

    button = selling.get_by_role("button", name="Move A later")
    button.focus()
    selling.keyboard.press("Enter")
    expect(selling.locator("[data-status]")).to_have_text("A is number 2 of 3 now.")
    expect(button).to_be_focused()
    selling.keyboard.press("Enter")
    expect(selling.locator("[data-status]")).to_have_text("A is number 3 of 3 now.")
    expect(selling.get_by_role("button", name="Move A earlier")).to_be_focused()
    assert [one.get_attribute("alt") for one in order.all()] == list(draft.pictures.values_list("alt", flat=True)) == ["B", "C", "A"]

    selling.locator("[data-picture=A]").hover()
    selling.mouse.down()
    for _ in range(2):  # a browser says that something is dragged over another at the second move
        selling.locator("[data-picture=B] img").hover()
    selling.mouse.up()
    expect(selling.locator("[data-status]")).to_have_text("A is number 1 of 3 now.")
    assert [one.get_attribute("alt") for one in order.all()] == list(draft.pictures.values_list("alt", flat=True)) == ["A", "B", "C"]


def test_images_of_a_bundle_are_found_by_a_part_of_their_name(selling: Page, live_server: LiveServer, namespace: Namespace) -> None:
    for name in ("api", "cache", "db", "db-tools", "proxy", "queue"):
        ImageFactory(namespace=namespace, name=name)
    selling.goto(f"{live_server.url}/selling/products/new/")
    choices = selling.locator("[data-choices] label.check")

    selling.get_by_label("acme/queue").check()
    selling.get_by_label("Search your images").fill("db")

    expect(choices.filter(visible=True)).to_have_text(["acme/db", "acme/db-tools", "acme/queue"])
    expect(selling.locator("[data-choices-found]")).to_have_text("3 of 6 shown, 1 chosen.")
    selling.get_by_label("Search your images").press("Enter")
    expect(selling.get_by_role("heading", level=1)).to_have_text("New product")


@pytest.fixture
def finding(tab: Page, live_server: LiveServer, product: Product) -> Page:
    """A tab at a page with a search field, in a shop whose words are known."""
    count_known_words()
    tab.goto(f"{live_server.url}/search/")
    return tab


def test_suggestions_are_chosen_by_keyboard_and_said_to_a_screen_reader(finding: Page) -> None:
    field, options = finding.get_by_role("combobox", name="Search images"), finding.get_by_label("Suggestions").get_by_role("option")
    field.press_sequentially("post")
    expect(options).to_have_text(["postgres", "Postgres HAacme/db"])
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(finding.locator("[data-status]")).to_have_text("2 suggestions: arrow keys choose one.")

    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(options.nth(1).get_attribute("id")))
    expect(field).to_be_focused()

    field.press("Enter")
    finding.wait_for_url("**/acme/db")


def test_suggestions_go_with_escape_and_what_was_typed_stays(finding: Page) -> None:
    field = finding.get_by_role("combobox", name="Search images")
    field.press_sequentially("post")
    expect(finding.get_by_role("listbox")).to_be_visible()

    field.press("Escape")

    expect(finding.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("post")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("Enter")
    finding.wait_for_url("**/search/?q=post")


def test_a_suggestion_is_followed_by_a_click(finding: Page) -> None:
    finding.get_by_role("combobox", name="Search images").press_sequentially("post")

    finding.get_by_role("option", name="postgres", exact=True).click()

    finding.wait_for_url("**/search/?q=postgres")
