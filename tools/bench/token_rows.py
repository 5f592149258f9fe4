"""Fills a shop with buyers, what they hold and what is free, and prints the requests of each row of `script/bench token` as JSON."""

import json
import sys
from base64 import b64encode
from urllib.parse import urlencode

import django

django.setup()

from django.db import connection, transaction

from accounts.tokens.secrets import new_secret
from tools.bench.rows import make_access_token, make_entitlement, make_namespace, make_product, make_pushed_image

BUYERS = 100
FREE = 100
HELD = 10  # images of each buyer


def main() -> None:
    """Make the rows, all in one transaction, and print what to ask."""
    with transaction.atomic():
        free, buyers = _fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    wrong = [_ask(names[:1], name, new_secret()) for name, _, names in buyers]
    rows = {
        "anonymous": [_ask([name]) for name in free],
        "authenticated": [_ask([image], name, secret) for name, secret, images in buyers for image in images],
        "ten scopes": [_ask(images, name, secret) for name, secret, images in buyers],
        "wrong": wrong,
    }
    json.dump(rows, sys.stdout)


def _fill() -> tuple[list[str], list[tuple[str, str, list[str]]]]:
    namespace = make_namespace(image_quota=FREE + BUYERS)
    free = [make_pushed_image(namespace) for _ in range(FREE)]
    for image in free:
        make_product(namespace, [image])
    images = [make_pushed_image(namespace) for _ in range(BUYERS)]
    buyers = []
    for number in range(BUYERS):
        user, secret = make_access_token()
        held = [images[(number + step) % BUYERS] for step in range(HELD)]
        for image in held:
            make_entitlement(user.account, image)
        buyers.append((user.username, secret, [image.repository for image in held]))
    return [image.repository for image in free], buyers


def _ask(repositories: list[str], username: str = "", secret: str = "") -> dict[str, str]:
    query = urlencode([("service", "layerstore"), *(("scope", f"repository:{name}:pull") for name in repositories)])
    header = f"Basic {b64encode(f'{username}:{secret}'.encode()).decode()}" if secret else ""
    return {"path": f"/auth/token?{query}", "authorization": header}


if __name__ == "__main__":
    main()
