"""/v1/…: who asks, which fault strikes, what was answered before, what is asked, what is done."""

import base64
import binascii
import hmac
import json
import re
import socket
from dataclasses import dataclass
from typing import Any

import stripe
from flask import Blueprint, Response, request

from tools.sandbox.accounts import connected, no_access
from tools.sandbox.act import Act
from tools.sandbox.addresses import Endpoint
from tools.sandbox.config import Config
from tools.sandbox.endpoints import find_endpoint
from tools.sandbox.errors import Declined, InvalidRequest, StripeError, Unauthorized
from tools.sandbox.expand import expanded
from tools.sandbox.faults import Faults, Hangup
from tools.sandbox.files import Upload
from tools.sandbox.forms import decode
from tools.sandbox.idempotency import Answer, Keys, Slot, digest
from tools.sandbox.ids import new_id
from tools.sandbox.params import check
from tools.sandbox.store import Store

VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?\Z")
NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g."
    " 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help"
    " at https://support.stripe.com/."
)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request, read but not judged yet."""

    act: Act
    endpoint: Endpoint
    parts: dict[str, str]
    raw: dict[str, Any]
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Api:
    """Everything that a request needs besides itself."""

    config: Config
    store: Store
    keys: Keys
    faults: Faults

    def blueprint(self) -> Blueprint:
        """All addresses under /v1 lead to one function, as all refusals look the same."""
        blueprint = Blueprint("api", __name__)
        blueprint.add_url_rule("/v1/<path:path>", view_func=self.answer, methods=["GET", "POST", "DELETE"])
        return blueprint

    def answer(self, path: str) -> Response:
        """One request of Stripe's API, from authentication to the answer's headers."""
        request_id = new_id("request")
        try:
            answer = self._answered(f"/v1/{path}", request_id)
        except StripeError as error:
            answer = Answer(error.status, _written(error.body()), request_id)
        except Hangup:
            return _hang_up()
        return _response(answer, request_id)

    def _answered(self, path: str, request_id: str) -> Answer:
        owner, key = self._authenticate(), request.headers.get("Idempotency-Key")
        endpoint, parts = find_endpoint(request.method, path)
        fields = request.form if request.method == "POST" else request.args
        raw = decode(list(fields.items(multi=True)))
        sent = {name: Upload(file.filename or "", file.read()) for name, file in request.files.items()}
        same = digest(raw | {name: [file.name, len(file.content)] for name, file in sent.items()})
        slot = Slot(owner, key, path, same) if key and request.method == "POST" else None
        api_request = ApiRequest(Act(self.config, self.store, owner, request_id, key), endpoint, parts, raw | sent, slot)
        if slot is None:
            return self._performed(api_request)
        with self.keys.claimed(slot):
            return self._performed(api_request)

    def _authenticate(self) -> str:
        """The account acted for ("" is the platform)."""
        api_key = _api_key(request.headers.get("Authorization", ""))
        if not api_key:
            raise Unauthorized(NO_KEY)
        if not hmac.compare_digest(api_key.encode(), self.config.secret_key.encode()):
            raise Unauthorized(f"Invalid API Key provided: {api_key[:8]}{'*' * 8}{api_key[-4:]}")
        version = request.headers.get("Stripe-Version", stripe.api_version)
        if not VERSION.match(version):
            raise InvalidRequest(f"Invalid Stripe API version: {version}")
        owner = request.headers.get("Stripe-Account", "")
        if owner and connected(self.store, owner) is None:
            raise no_access(Act(self.config, self.store), owner)
        return owner

    def _performed(self, api_request: ApiRequest) -> Answer:
        fault = self.faults.take(request.method, request.path)
        if fault:
            fault.before(request.method, request.path)
        if api_request.slot and (earlier := self.keys.earlier(api_request.slot, self.config.now())):
            return earlier
        answer = self._run(api_request, check(api_request.raw, api_request.endpoint.params))
        if fault and fault.mode == "lost":
            raise Hangup
        return answer

    def _run(self, api_request: ApiRequest, params: dict[str, Any]) -> Answer:
        """Make the effect and store the answer in one transaction; a refusal undoes the effect and is stored all the same."""
        try:
            with self.store.transaction():
                try:
                    body = api_request.endpoint.run(api_request.act, params, **api_request.parts)
                except Declined as error:  # the attempt was made: its charge and its events stay
                    return self._remembered(api_request, Answer(error.status, _written(error.body()), str(api_request.act.request_id)))
                expanded_body = expanded(api_request.act, body, params.get("expand", []))
                return self._remembered(api_request, Answer(200, _written(expanded_body), str(api_request.act.request_id)))
        except StripeError as error:
            with self.store.transaction():
                return self._remembered(api_request, Answer(error.status, _written(error.body()), str(api_request.act.request_id)))

    def _remembered(self, api_request: ApiRequest, answer: Answer) -> Answer:
        if api_request.slot:
            self.keys.keep(api_request.slot, answer, self.config.now())
        return answer


def _api_key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _written(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _response(answer: Answer, request_id: str) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", stripe.api_version)
    if request.method == "POST" and (key := request.headers.get("Idempotency-Key")):
        response.headers["Idempotency-Key"] = key
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if request.headers.get("Idempotency-Key"):
        response.headers["Original-Request"] = answer.request_id
    if answer.status == 401:  # noqa: PLR2004  the status itself is the clearest name
        response.headers["WWW-Authenticate"] = 'Bearer realm="Stripe"'
    return response


def _hang_up() -> Response:
    """Close the connection under the server, so that the client sees no answer at all."""
    connection = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
