"""The five acts, and then the shelves: the order in which the demo tells the sale.

Each act first looks at what is there already, so that a sale that was interrupted continues where it stopped.
"""

from dataclasses import dataclass, field

from tools.stack.catalogue import lanternworks, tidewater
from tools.stack.catalogue.goods import Good
from tools.stack.clients import Client
from tools.stack.running import Stack
from tools.stack.sale.buying import buy, order_begun, pull_in_vain
from tools.stack.sale.clients import client_of
from tools.stack.sale.people import Person, make_token, meet, sign_up
from tools.stack.sale.record import Record
from tools.stack.sale.selling import connect_to_stripe, make_product, publish, push, reference_of, reserve, short_digest, start_selling
from tools.stack.view import View

SELLER_SCOPES = ["registry:pull", "registry:push", "api"]
BUYER_SCOPES = ["registry:pull", "api"]


@dataclass(slots=True)
class Story:
    """The sale as it is being told, and what has come of it so far."""

    stack: Stack
    view: View
    images: list[dict[str, object]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    equal: bool = False

    def tell(self) -> Record:
        """Make the sale, fill the shelves, and return the record of it."""
        instance = self.stack.instance
        names = (("mara", "Tidewater Data"), ("olu", "Lantern Works"), ("jonas", "Jonas"), ("ines", "Ines"))
        people = [meet(instance, username, name) for username, name in names]
        try:
            return self._tell(*people)
        finally:
            for person in people:
                person.browser.close()

    def _tell(self, seller: Person, other: Person, buyer: Person, staff: Person) -> Record:
        sold = tidewater.REDIS
        self._reserve(seller, sold)
        clerk = self._permit(seller)
        digest = self._push(seller, sold, clerk)
        address = self._publish(seller, sold)
        self._buy(buyer, sold, address)
        self._pull(buyer, sold, digest)
        self._note(seller, sold, digest, address, bought_by=[buyer.username])
        self._fill_shelves(seller, other, clerk)
        self._hire(staff)
        people = {"seller": seller.record(), "buyer": buyer.record(), "staff": staff.record()}
        return {"base_url": self.stack.instance.url, **people, "images": self.images, "orders": self.orders}

    def _reserve(self, seller: Person, sold: Good) -> None:
        self.view.act(1, "Reserve", "a seller takes a name that is theirs for good")
        with self.view.step("Mara signs up and confirms her address") as step:
            sign_up(seller, self.stack.instance, step)
        with self.view.step(f"She becomes a seller with the namespace {tidewater.NAMESPACE}") as step:
            start_selling(seller, tidewater.NAMESPACE, step)
        with self.view.step(f"She reserves {tidewater.NAMESPACE}/{sold.name}") as step:
            reserve(seller, sold.name, step)

    def _permit(self, seller: Person) -> Client:
        self.view.act(2, "Permit", "she may push to her names, and nobody else may")
        with self.view.step("She makes an access token: what docker takes as password") as step:
            make_token(seller, "workshop", SELLER_SCOPES, step)
        client = client_of(self.stack, seller.username)
        with self.view.step(f"She signs {client.name} in with it, from standard input") as step:
            step.outcome(client.login(self.stack.instance.host, seller.username, seller.access_token, step.command))
        return client

    def _push(self, seller: Person, sold: Good, client: Client) -> str:
        self.view.act(3, "Publish", "she pushes an image, describes and prices it")
        with self.view.step("She builds the image and pushes it") as step:
            return push(seller, sold, client, self.stack.instance, step)

    def _publish(self, seller: Person, sold: Good) -> str:
        with self.view.step("She writes the product page, adds a picture and sets the price") as step:
            editor = make_product(seller, sold, self.stack.instance, step)
            step.outcome(f"“{sold.title}”, {sold.price / 100:.2f} EUR, still a draft")
        with self.view.step("She connects to Stripe, so that buyers pay into her own account") as step:
            connect_to_stripe(seller, step)
        with self.view.step("She publishes") as step:
            return publish(seller, editor, step)

    def _buy(self, buyer: Person, sold: Good, address: str) -> None:
        self.view.act(4, "Buy", "a buyer pays, and the payment grants the pull")
        instance = self.stack.instance
        with self.view.step("Jonas signs up and confirms his address") as step:
            sign_up(buyer, instance, step)
        with self.view.step("He makes an access token and signs in with it") as step:
            make_token(buyer, "server", BUYER_SCOPES, step)
            client = client_of(self.stack, buyer.username)
            client.login(instance.host, buyer.username, buyer.access_token, step.command)
        if order_begun(buyer) is None:
            with self.view.step("He tries to pull before he has paid") as step:
                pull_in_vain(client, reference_of(sold, self.stack.instance), step)
        with self.view.step("He buys it with a test card on Stripe's page") as step:
            self.orders.append(buy(buyer, address, step))

    def _pull(self, buyer: Person, sold: Good, digest: str) -> None:
        self.view.act(5, "Pull", "docker pull, on the buyer's server")
        self.equal = pull_and_compare(self.stack, self.view, buyer.username, reference_of(sold, self.stack.instance), digest)

    def _note(self, owner: Person, good: Good, digest: str, address: str, *, bought_by: list[str] | None = None) -> None:
        repository = reference_of(good, self.stack.instance).removeprefix(f"{self.stack.instance.host}/").partition(":")[0]
        self.images.append(
            {
                "repository": repository,
                "owner": owner.username,
                "price": good.price,
                "bought_by": bought_by or [],
                "digest": digest,
                "product_url": address,
            }
        )

    def _fill_shelves(self, seller: Person, other: Person, client: Client) -> None:
        self.view.title("The shelves: more to look at")
        for good in (tidewater.POSTGRES, tidewater.DAYS):
            self._stock(seller, good, client)
        with self.view.step(f"A bundle: {tidewater.SHELF.title}") as step:
            publish(seller, make_product(seller, tidewater.SHELF, self.stack.instance, step), step)
        with self.view.step("A second seller, Olu of Lantern Works, signs up and connects to Stripe") as step:
            sign_up(other, self.stack.instance, step)
            start_selling(other, lanternworks.NAMESPACE, step)
            make_token(other, "workshop", SELLER_SCOPES, step)
            connect_to_stripe(other, step)
        clerk = client_of(self.stack, other.username)
        clerk.login(self.stack.instance.host, other.username, other.access_token, lambda _: None)
        for good in (lanternworks.EDGE, lanternworks.STATUS_PAGE, lanternworks.MIRROR, lanternworks.COURIER):
            self._stock(other, good, clerk)

    def _stock(self, owner: Person, good: Good, client: Client) -> None:
        price = f"{good.price / 100:.2f} EUR" if good.price else "free"
        with self.view.step(f"{good.title}, {price}") as step:
            reserve(owner, good.name, step)
            digest = push(owner, good, client, self.stack.instance, step)
            address = publish(owner, make_product(owner, good, self.stack.instance, step), step)
        self._note(owner, good, digest, address)

    def _hire(self, staff: Person) -> None:
        with self.view.step("Ines signs up and becomes staff: she sees the admin") as step:
            sign_up(staff, self.stack.instance, step)
            make_token(staff, "desk", BUYER_SCOPES, step)
            step.command(f"manage.py make_staff {staff.username}")
            self.stack.manage("make_staff", staff.username)
            step.outcome(f"{staff.username} may enter /admin/")


def pull_and_compare(stack: Stack, view: View, username: str, reference: str, digest: str) -> bool:
    """Pull as a buyer whose client is signed in, and tell whether what came is what was pushed."""
    client = client_of(stack, username)
    with view.step(f"{username} pulls what was bought") as step:
        pulled = client.pull(reference, step.command)
        step.note(f"pushed {digest}")
        step.note(f"pulled {pulled}")
        equal = pulled == digest
        step.outcome(f"the same image: {short_digest(digest)}" if equal else "NOT the same image")
    return equal
