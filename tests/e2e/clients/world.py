"""Who meets in the matrix of clients, and how a client gets a person's credentials."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.clients import Buildah, Ctr, Docker, Podman, Skopeo, Tool
from tests.support.loopback import ask
from tests.support.trade import Sold, Trade
from tools.stack.machine import is_root
from tools.stack.sale.people import Person

MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, slots=True)
class World:
    """Who trades, and what."""

    trade: Trade
    tools: dict[str, Tool]
    seller: Person
    rival: Person
    buyer: Person
    stranger: Person
    paid: Sold
    free: Sold

    def reference(self, repository: str) -> str:
        return f"{self.trade.stack.instance.host}/{repository}:1.0"

    def sentence(self, words: str) -> str:
        """Fill what the token endpoint says into a client's words."""
        url = self.trade.stack.url
        made = f"access tokens, which are not web passwords, are made at {url}/account/tokens/"
        return words.format(
            wrong=f"wrong user name or access token; {made}",
            for_sale=f"{self.paid.repository} is for sale at {self.paid.url}; if you own it already, {url}/why/ explains why you cannot pull it",
        )

    def uploads(self, repository: str) -> list[str]:
        """Return how the registry answered each begun upload or mount, in order: 201 mounted, 202 begin to upload."""
        requests = map(json.loads, self.trade.stack.log("access").strip().split("\n"))
        begun = ("POST", f"/v2/{repository}/blobs/uploads/")
        return [str(each["status"]) for each in requests if (each["method"], each["path"]) == begun]

    def reserve(self, owner: Person, *names: str) -> None:
        """Reserve images in the owner's namespace."""
        with self.trade.api(owner) as api:
            namespace = api.get("/namespaces/").json()["results"][0]["id"]
            for name in names:
                api.post("/images/", json={"namespace": namespace, "name": name}).raise_for_status()

    def digest_of(self, repository: str, person: Person) -> str | None:
        """Return what the registry has under the tag that everybody pushes; None if nothing."""
        token = self.trade.registry_token(f"repository:{repository}:pull", person)
        headers = {"Authorization": f"Bearer {token}", "Accept": MANIFESTS}
        answer = ask("HEAD", f"{self.trade.stack.url}/v2/{repository}/manifests/1.0", headers=headers)
        return answer.headers["Docker-Content-Digest"] if answer.status_code == 200 else None


def make(kind: type[Tool], trade: Trade, folder: Path, containerd: Path) -> Tool:
    """Give a client; on a machine that may not mount skopeo plays those that must, and says so."""
    daemon = trade.stack.docker_host
    if daemon is None and issubclass(kind, Docker | Podman | Buildah):
        print(f"WITHOUT THE RIGHT TO MOUNT {kind.name.upper()} CANNOT RUN: skopeo stands in for it")  # noqa: T201  said aloud
        return Skopeo(trade.stack.instance, folder / kind.name.replace(" ", "-"))
    tool = kind(trade.stack.instance, folder / kind.name.replace(" ", "-"))
    if isinstance(tool, Docker):
        tool.daemon = daemon or ""
    if isinstance(tool, Ctr):
        tool.socket, tool.mounts = containerd, daemon is not None and is_root()
    return tool


def enter(tool: Tool, person: Person, secret: str = "") -> Tool:
    """Give the client the person's credentials, by its own command where it has one."""
    theirs = tool.of(person.username)
    if theirs.signs_in:
        shown = theirs.sign_in(person.username, secret or person.access_token)
        assert shown.worked, shown.said
    else:
        theirs.remember(person.username, secret or person.access_token)
    return theirs


def with_identity_token(trade: Trade, tool: Tool, person: Person) -> Tool:
    """Give the client an identity token: docker gets its own by signing in, the others take one that docker got."""
    if isinstance(tool, Docker):
        return enter(tool, person)
    query = {"service": "layerstore", "offline_token": "true"}
    answer = ask("GET", f"{trade.stack.url}/auth/token", params=query, auth=(person.username, person.access_token))
    client = tool.of(f"{person.username}-with-identity")
    client.remember_identity(person.username, answer.json()["refresh_token"])
    return client


def slug(tool: Tool) -> str:
    """Return what tells its images from those of the other clients, also where skopeo plays it."""
    return tool.folder.name
