"""/readyz on a whole stack: it tells of a private key that only the token process can read."""

from tests.support.loopback import ask
from tests.support.stack import LiveStack
from tests.support.trade import eventually


def test_a_private_key_that_is_gone_is_told_and_one_that_is_back_is_found_without_a_restart(stack: LiveStack) -> None:
    def says(text: str) -> bool:
        return ask("GET", f"{stack.url}/readyz").text == f"{text}\n"

    def away() -> list[str]:
        said, _, parts = ask("GET", f"{stack.url}/readyz").text.strip().partition(": ")
        return parts.split(", ") if said == "away" else []

    eventually(lambda: says("ok"), "all parts are there")
    (leaf,) = (stack.instance.var / "keys" / "leaves").iterdir()
    hidden = leaf.rename(leaf.with_suffix(".hidden"))
    try:
        stack.stop_part("token")
        stack.start_part("token")
        # The registry is told beside it if a sweep comes meanwhile: it gets no token for it.
        eventually(lambda: "token process" in away(), "what only the token process can see is told")
        answer = ask("GET", f"{stack.url}/auth/token")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    finally:
        hidden.rename(leaf)
    eventually(lambda: says("ok"), "it signs again")
