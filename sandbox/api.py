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

from sandbox.accounts import no_access
from sandbox.act import Act
from sandbox.config import Config
from sandbox.endpoints import find_endpoint
from sandbox.errors import InvalidParams, InvalidRequest, StripeError, Unauthorized
from sandbox.expand import expanded
from sandbox.faults import Fault, Faults, Hangup
from sandbox.forms import decode
from sandbox.idempotency import Answer, Keys
from sandbox.ids import new_id
from sandbox.params import check
from sandbox.store import Store

VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?\Z")
NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g."
    " 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help"
    " at https://support.stripe.com/."
)


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
        owner = self._authenticate()
        fault = self.faults.take(request.method, path)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        act = Act(self.config, self.store, owner, request_id, key)
        if not key:
            return self._executed(act, path, fault)
        with self.keys.claimed(owner, key):
            return self._executed(act, path, fault)

    def _authenticate(self) -> str:
        """The account acted for ("" is the platform)."""
        given = _api_key(request.headers.get("Authorization", ""))
        if not given:
            raise Unauthorized(NO_KEY)
        if not hmac.compare_digest(given.encode(), self.config.secret_key.encode()):
            raise Unauthorized(f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}")
        version = request.headers.get("Stripe-Version", stripe.api_version)
        if not VERSION.match(version):
            raise InvalidRequest(f"Invalid Stripe API version: {version}")
        owner = request.headers.get("Stripe-Account", "")
        if owner and self.store.get("account", owner) is None:
            raise no_access(Act(self.config, self.store), owner)
        return owner

    def _executed(self, act: Act, path: str, fault: Fault | None) -> Answer:
        if fault:
            fault.before()
        endpoint, parts = find_endpoint(request.method, path)
        pairs = request.args if request.method == "GET" else request.form
        raw = decode(list(pairs.items(multi=True)))
        key, name = act.idempotency_key, f"{request.method} {path}"
        if key and (earlier := self.keys.earlier(act.owner, key, path, raw, act.config.now())):
            return earlier
        params = check(raw, endpoint.params)
        answer = self._run(act, endpoint.run, params, parts, raw, path)
        if fault and fault.mode == "lost":
            raise Hangup
        return answer

    def _run(self, act: Act, run: Any, params: dict[str, Any], parts: dict[str, str], raw: dict[str, Any], path: str) -> Answer:
        """Effect and kept answer in one transaction; a refusal undoes the effect and is kept all the same."""
        request_id, status = str(act.request_id), 200
        try:
            with self.store.transaction():
                body = expanded(act, run(act, params, **parts), params.get("expand", []))
                answer = Answer(status, _written(body), request_id)
                self._keep(act, path, raw, answer)
        except InvalidParams:
            raise
        except StripeError as error:
            answer = Answer(error.status, _written(error.body()), request_id)
            with self.store.transaction():
                self._keep(act, path, raw, answer)
        return answer

    def _keep(self, act: Act, path: str, raw: dict[str, Any], answer: Answer) -> None:
        if act.idempotency_key:
            self.keys.keep(act.owner, act.idempotency_key, path, raw, answer, act.config.now())


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
    if answer.status == 401:  # noqa: PLR2004
        response.headers["WWW-Authenticate"] = 'Bearer realm="Stripe"'
    return response


def _hang_up() -> Response:
    """Close the connection under the server, so that the client sees no answer at all."""
    connection = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
