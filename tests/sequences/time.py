"""The clock, which is Stripe's and ours; webhooks in any order, repeated and lost; and what the shop does by itself."""

from collections.abc import Collection
from datetime import timedelta
from inspect import unwrap

from celery import current_app
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.inbox.services import handle_event, receive_event
from common.jobs import JOBS
from tests.sequences.base import Base, when
from tests.support.sandbox import signature_of
from tests.support.sandbox_here import payload_of

NUMBER = st.integers(0, 99)
MINUTE, HOUR, DAY = 60, 3600, 86400
# Where the jobs are that matter to money and access. Sales are added up elsewhere, and nothing here looks at that.
SWEEPS = ("money", "billing"), ("default", "marketplace")


class Time(Base):
    """Nothing here is a person."""

    swept_at = -1  # the step after which nothing was done yet but to sweep

    @rule(seconds=st.sampled_from([MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, DAY, 3 * DAY, 8 * DAY]))
    def time_passes(self, seconds: int) -> None:
        self.pass_time(seconds)

    def deliver(self, event: dict[str, object], *, handled: bool = True) -> None:
        payload = payload_of(event)
        receive_event(payload=payload, signature=signature_of(payload))
        if handled:
            self.do(handle_event, event_id=str(event["id"]))

    def all_that_is_on_its_way_comes(self) -> None:
        while self.hear():
            self.deliver(self.pending.pop(0))

    @when(Base.hear)
    @rule(number=NUMBER, copies=st.sampled_from([1, 1, 2]), handled=st.sampled_from([True, True, False]))
    def webhook_comes(self, *, number: int, copies: int, handled: bool) -> None:
        """One of those that are on their way; the task of the worker may get lost, and the same may come again."""
        event = self.pending.pop(number % len(self.pending))
        for _ in range(copies):
            self.deliver(event, handled=handled)

    @when(Base.hear)
    @rule(backwards=st.booleans())
    def all_webhooks_come(self, *, backwards: bool) -> None:
        events, self.pending = self.pending, []
        for event in reversed(events) if backwards else events:
            self.deliver(event)

    @when(Base.hear)
    @rule(number=NUMBER)
    def webhook_is_lost(self, number: int) -> None:
        """Stripe gives up after three days."""
        self.lost.append(self.pending.pop(number % len(self.pending)))

    @when(Base.hear)
    @rule()
    def webhooks_are_down(self) -> None:
        """Nothing that is on its way ever comes."""
        self.lost += self.pending
        self.pending = []

    @when(lambda self: self.swept_at != self.played.steps)
    @rule()
    def shop_sweeps(self) -> None:
        """Unless that was the step before: once more at the same moment, it would find what it has left."""
        self.sweep()
        self.swept_at = self.played.steps + 1

    def sweep(self, *, besides: Collection[str] = ()) -> None:
        """Run everything that the shop does by itself about money and access, but for the jobs named."""
        for name, job in JOBS.items():
            if job.every is not None and name not in besides and (job.lane, name.partition(".")[0]) in SWEEPS:
                unwrap(current_app.tasks[name].run)()  # without its lease: nobody else is here

    def until_the_night(self) -> None:
        """Go to half past three of the next night."""
        now = timezone.now()
        night = now.replace(hour=3, minute=30, second=0, microsecond=0)
        self.pass_time(int(((night if night > now else night + timedelta(days=1)) - now).total_seconds()))
