"""script/demo: everything up, the whole sale in view, then the shop stays open."""

import os
from argparse import ArgumentParser, Namespace

from tools.stack.catalogue import tidewater
from tools.stack.instance import Instance
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.sale import record as records
from tools.stack.sale.clients import client_of
from tools.stack.sale.record import Record
from tools.stack.sale.selling import reference_of
from tools.stack.sale.story import Story, pull_and_compare
from tools.stack.server import show_addresses, started, stay
from tools.stack.shop import check_shop, fill_shop, show_people
from tools.stack.view import View


def parse(arguments: list[str]) -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(prog="script/demo", description="Start Layerstore, sell an image in view, and stay up until Ctrl-C.")
    parser.add_argument("--exit", action="store_true", help="end after the sale: status 0 only if the pulled digest equals the pushed one")
    parser.add_argument("--shop", action="store_true", help="fill the shop after the sale: forty products, 120 days of life")
    parser.add_argument("--remove", action="store_true", help="take everything under var/ away and do nothing else; must be the only word")
    return parser.parse_args(arguments)


def main(view: View, arguments: list[str]) -> int:
    """Make the sale, or if it was made before pull the sold image again; then stay up, or end."""
    options = parse(arguments)
    instance = Instance.from_environment(os.environ)
    with started(view, instance) as stack:
        if stack.docker_host is None:
            view.say("No docker daemon can run here: images are pushed and pulled with skopeo instead.")
        record = records.read(instance)
        if record is None:
            record, equal = sell(view, stack)
        else:
            view.title("The shop is as you left it; the buyer pulls again.")
            equal = pull_again(view, stack, record)
        if not equal:
            raise Problem("The pulled image is not the one that was pushed.", do="look at var/log/registry.log and report it.")
        if options.shop:
            fill_shop(view, stack)
        show_end(view, stack, record)
        if options.shop:
            show_people(view, stack)
        if options.shop and options.exit:
            check_shop(view, stack)
        return 0 if options.exit else stay(view, stack)


def sell(view: View, stack: Stack) -> tuple[Record, bool]:
    """Make the sale, or what is left of one that was cut off, and write its record."""
    story = Story(stack, view)
    record = story.tell()
    records.write(stack.instance, record)
    return record, story.equal


def pull_again(view: View, stack: Stack, record: Record) -> bool:
    """Pull the sold image again and compare."""
    image, buyer = records.sold_image(record), record["buyer"]
    client = client_of(stack, buyer["username"])
    with view.step("Jonas signs in with the token that he kept") as step:
        step.outcome(client.login(stack.instance.host, buyer["username"], buyer["access_token"], step.command))
    reference = reference_of(tidewater.REDIS, stack.instance)
    return pull_and_compare(stack, view, buyer["username"], reference, image["digest"])


def show_end(view: View, stack: Stack, record: Record) -> None:
    """Print addresses, accounts, and what to paste."""
    show_addresses(view, stack)
    people = [[role, *(record[role][key] for key in ("username", "email", "password"))] for role in ("seller", "buyer", "staff")]
    view.table("Accounts (also in var/demo.json, with their access tokens)", ["", "user name", "e-mail", "password"], people)
    buyer, reference = record["buyer"], reference_of(tidewater.REDIS, stack.instance)
    lines = client_of(stack, buyer["username"]).pasted(stack.instance.host, buyer["username"], buyer["access_token"], reference)
    view.block("Pull it yourself: paste this while the demo runs", lines)
