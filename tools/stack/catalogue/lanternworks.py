"""Lantern Works: small servers and couriers for the web. Their static server is free."""

import json
from pathlib import Path

from tools.stack import pictures
from tools.stack.catalogue.goods import FREE_FOR_ALL, PER_COMPANY, Good, certificates, labels
from tools.stack.packages import find_program
from tools.stack.recipes import Layer, Recipe, base_layer, program_layers

NAMESPACE = "lanternworks"

NGINX_CONFIGURATION = """# Quiet Edge: serves /srv, says little about itself.
daemon off;
user nobody nogroup;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    access_log off;
    server_tokens off;
    sendfile on;
    gzip on;
    gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    server {
        listen 8080;
        root /srv;
        add_header X-Content-Type-Options nosniff always;
        add_header Referrer-Policy same-origin always;
        add_header Content-Security-Policy "default-src 'self'" always;
        location ~ "\\.[0-9a-f]{8,}\\." { add_header Cache-Control "public, max-age=31536000, immutable"; }
    }
}
"""
WELCOME = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>It is quiet here</title>
<h1>It is quiet here</h1>
<p>Put your files under <code>/srv</code> and this page is gone.</p>
"""
STATUS = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Status</title>
<link rel="stylesheet" href="status.css">
<h1>All systems work</h1>
<ul><li>Website <b>works</b></li><li>API <b>works</b></li><li>Mail <b>works</b></li></ul>
<p>Ninety days, from <a href="status.json">status.json</a>: mount yours over it.</p>
"""
STATUS_CSS = """:root{color-scheme:light dark;font:17px/1.5 system-ui}
body{max-width:40rem;margin:4rem auto;padding:0 1rem}
li{display:flex;justify-content:space-between}
"""


def nginx_layers() -> list[Layer]:
    """Return the layers that both of our web images share."""
    mime_types = Path("/etc/nginx/mime.types")
    configuration = Layer(
        "configuration", texts={"/etc/nginx/nginx.conf": NGINX_CONFIGURATION}, copies={"/etc/nginx/mime.types": mime_types}
    )
    group = Layer("users", texts={"/etc/group": "root:x:0:\nnogroup:x:65534:\n", "/var/log/nginx/.keep": ""})
    return [base_layer(), *program_layers({"/usr/sbin/nginx": Path(find_program("nginx") or "/usr/sbin/nginx")}), configuration, group]


NGINX_START = ("/usr/sbin/nginx", "-e", "stderr", "-c", "/etc/nginx/nginx.conf")


def quiet_edge() -> Recipe:
    """Nginx for static files."""
    return Recipe(
        repository=f"{NAMESPACE}/quiet-edge",
        tag="1.22",
        layers=[*nginx_layers(), Layer("welcome", texts={"/srv/index.html": WELCOME})],
        entrypoint=NGINX_START,
        labels=labels("Quiet Edge", "BSD-2-Clause", "1.22"),
    )


def status_page() -> Recipe:
    """A status page on the same server."""
    days = {"services": {name: [1] * 90 for name in ("Website", "API", "Mail")}}
    pages = {"/srv/index.html": STATUS, "/srv/status.css": STATUS_CSS, "/srv/status.json": json.dumps(days) + "\n"}
    return Recipe(
        repository=f"{NAMESPACE}/status-page",
        tag="3",
        layers=[*nginx_layers(), Layer("pages", texts=pages)],
        entrypoint=NGINX_START,
        labels=labels("Status page", "LicenseRef-Commercial", "3"),
    )


def mirror() -> Recipe:
    """A registry that answers from its disk what it has fetched once."""
    configuration = """version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: /var/lib/registry}
  delete: {enabled: true}
http: {addr: ":5000", relativeurls: true}
proxy: {remoteurl: https://registry-1.docker.io}
health:
  storagedriver: {enabled: true, interval: 10s, threshold: 3}
"""
    program = {"/usr/bin/registry": Path(find_program("docker-registry") or "/usr/bin/docker-registry")}
    return Recipe(
        repository=f"{NAMESPACE}/mirror",
        tag="2.8",
        layers=[
            base_layer(),
            Layer("certificates", texts={"/etc/ssl/.keep": ""}, copies=certificates()),
            *program_layers(program),
            Layer("configuration", texts={"/etc/registry/config.yml": configuration}),
        ],
        entrypoint=["/usr/bin/registry", "serve", "/etc/registry/config.yml"],
        labels=labels("Mirror", "Apache-2.0", "2.8"),
    )


def courier() -> Recipe:
    """Skopeo with a policy and nothing else."""
    policy = json.dumps({"default": [{"type": "insecureAcceptAnything"}]}) + "\n"
    return Recipe(
        repository=f"{NAMESPACE}/courier",
        tag="1.9",
        layers=[
            base_layer(),
            Layer("certificates", texts={"/etc/ssl/.keep": ""}, copies=certificates()),
            *program_layers({"/usr/bin/skopeo": Path(find_program("skopeo") or "/usr/bin/skopeo")}),
            Layer("configuration", texts={"/etc/containers/policy.json": policy, "/var/tmp/.keep": ""}),  # noqa: S108 - a path in the image
        ],
        entrypoint=["/usr/bin/skopeo"],
        labels=labels("Courier", "Apache-2.0", "1.9"),
    )


EDGE = Good(
    name="quiet-edge",
    recipe=quiet_edge,
    title="Quiet Edge",
    summary="nginx for static files with the headers set right. Free, and the base of everything else we make.",
    category="web",
    licence=FREE_FOR_ALL,
    price=0,
    alt="Bar chart: answer times by share of requests, all below three milliseconds.",
    picture=lambda: pictures.picture(
        "Answer times", "Static files, one core. Quick is mostly a matter of not doing things.", pictures.latency_steps
    ),
    description="""The smallest useful web server that we know how to build: nginx, its libraries, one configuration file of thirty lines. \
No shell, no log to rotate, no version in the headers.

```
docker run -p 8080:8080 -v ./public:/srv:ro IMAGE
```

- Compresses what is worth compressing.
- Lets browsers keep files whose names carry a hash, for a year.
- Sends a content policy that allows your own origin, and `nosniff`.

Free for everybody, no account needed: just pull. If it saves you a day, look at what else we make.
""",
)
STATUS_PAGE = Good(
    name="status-page",
    recipe=status_page,
    title="Status page",
    summary="A status page that stays up when you do not: static, one JSON file in, ninety days of history out.",
    category="observability",
    licence=PER_COMPANY,
    price=900,
    alt="Four services with a row of ninety marks each, green with a few red ones.",
    picture=lambda: pictures.picture("Ninety days", "One mark for each day; the red ones are honest.", pictures.status_rows),
    description="""A status page has one job on one day a year, and on that day the database is away. So this one has none: a page, a \
style sheet, and a JSON file that your monitoring writes.

```
docker run -p 8080:8080 -v ./status.json:/srv/status.json:ro IMAGE
```

The file is a list of days for each service: `1` worked, `0` did not, anything between is the share of checks that passed. Light and dark, \
readable on a phone in the rain, and 4 kB all told.

It stands on [Quiet Edge](/lanternworks/quiet-edge). A host that has pulled that one pulls only the last few kilobytes of this.
""",
)
MIRROR = Good(
    name="mirror",
    recipe=mirror,
    title="Mirror",
    summary="A pull-through cache for Docker Hub: each layer is fetched once, then your builds run at the speed of your disk.",
    category="developer-tools",
    licence=PER_COMPANY,
    price=3900,
    alt="Three builds pull from the mirror; the mirror asks Docker Hub once a day.",
    picture=lambda: pictures.picture(
        "Ask once",
        "Builds ask the mirror, the mirror asks the hub, and only for what is new.",
        pictures.boxes([["build 1", "build 2", "build 3"], ["Mirror"], ["Docker Hub"]], ["each pull", "once"]),
    ),
    description="""On a Monday morning forty builds ask Docker Hub for the same base image, and the forty-first is told to wait six hours. \
The mirror asks once.

## Two minutes to set up

1. `docker run -d -p 5000:5000 -v mirror:/var/lib/registry IMAGE`
2. In `/etc/docker/daemon.json` of each build host: `{"registry-mirrors": ["http://mirror.internal:5000"]}`
3. There is no third step.

## Good to know

- It answers from disk when the hub is away. Tags are checked when it is there.
- Old layers are let go after a week without use.
- One program, one file of settings, certificates. The log speaks only when something is wrong.

We run it for a team of sixty: 31 GB on disk, 96 % of pulls answered from it.
""",
)
COURIER = Good(
    name="courier",
    recipe=courier,
    title="Courier",
    summary="Carry images between registries without a daemon: copy, sync, inspect, delete, from a pipeline that may not run as root.",
    category="developer-tools",
    licence=PER_COMPANY,
    price=1500,
    alt="A box named staging leads to the courier, which leads to production.",
    picture=lambda: pictures.picture(
        "From here to there",
        "Same digest on both sides, or it stops.",
        pictures.boxes([["staging"], ["Courier"], ["production"]], ["layers", "same digest"]),
    ),
    description="""Promoting an image should not mean pulling it into a daemon, tagging it and pushing it again, with a rebuild's worth of \
ways to get a different digest. Courier carries the bytes as they are.

```
docker run --rm -v ./auth.json:/auth.json:ro IMAGE \\
    copy --authfile /auth.json --preserve-digests \\
    docker://staging.example/shop:1.8.2 docker://registry.example/shop:1.8.2
```

It is skopeo, which you may know, with the libraries it needs, the certificate authorities of this month, and a policy file, so that the \
first run does not end with a message about a missing one. `sync` carries whole repositories, `inspect` reads a manifest without pulling a \
layer.

No root, no daemon, no socket to mount. A release each month, for the certificates' sake.
""",
)
