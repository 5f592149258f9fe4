"""Reports are made, taken, decided, appealed against and decided again. Every act is in the audit trail, and every decision is mailed.

    open ──► being looked at ──► dismissed
      └───────────┴──► upheld ──► appealed ──► appeal granted, or rejected

A decision changes nothing of what was reported: staff suspend, take down or hide by the acts of those rows.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from accounts.organisations.buying import buyers_of
from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from marketplace.images.ownership import require_staff
from marketplace.moderation.errors import AlreadyReported, NotConcerned, ReportStateConflict
from marketplace.moderation.labels import SHOP_OF_DELETED_ACCOUNT
from marketplace.moderation.locks import lock_report
from marketplace.moderation.mail import tell_concerned, tell_reporter
from marketplace.moderation.models import UNDECIDED, WAITING, Report
from marketplace.moderation.selectors import reports_of_person
from marketplace.moderation.targets import Target

State = Report.State


def make_report(*, target: Target, kind: str, details: str, reporter: User | None, email: str = "") -> Report:
    """Put a report into the queue of staff.

    A visitor's second one about the same thing, before the first is decided, is taken and dropped: whoever types somebody's address
    must not learn from the answer that they have reported it.

    Args:
        email: where a visitor wants the answer; not used for a user, who has an address.

    Raises:
        AlreadyReported: the user's own about the same thing has not been decided yet.
    """
    try:
        return _make(target, kind, details, reporter, email)
    except AlreadyReported:
        if reporter:
            raise
        return Report.objects.filter(state__in=UNDECIDED, reporter_email=email, about=target.about, target_id=target.pk).get()


def _make(target: Target, kind: str, details: str, reporter: User | None, email: str) -> Report:
    constraint = "report_one_open_of_a_user" if reporter else "report_one_open_of_an_address"
    words = {"kind": kind, "details": details, "reporter_email": None if reporter else email, "target_label": target.label[:300]}
    with locked_transaction(), translate_violation(constraint, AlreadyReported()):
        report = Report.objects.create(about=target.about, target_id=target.pk, concerned=target.concerned, reporter=reporter, **words)
        record_audit(actor=reporter, action="report.made", target=report)
    return report


def take_report(*, report: Report, reason: str, actor: User) -> Report:
    """Become the owner of a report that waits, also of one that a colleague owns.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ReportStateConflict: it is decided.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = _lock(report, WAITING)
        before = locked.owner
        locked.owner, locked.state = actor, State.TAKEN if locked.state == State.OPEN else locked.state
        locked.save(update_fields=["owner", "state"])
        record_audit(actor=actor, action="report.taken", target=locked, reason=reason, before=str(before.pk) if before else "")
    return locked


def decide_report(*, report: Report, upheld: bool, answer: str, decision: str, reason: str, actor: User) -> Report:
    """Uphold a report or dismiss it, answer the reporter, and tell the one concerned. Whoever decides owns it from then on.

    Args:
        answer: what the reporter is told.
        decision: what the one concerned is told; they hear nothing of a report that was dismissed if this is empty.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ReportStateConflict: it is decided.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = _lock(report, UNDECIDED)
        locked.state = State.UPHELD if upheld else State.DISMISSED
        locked.owner, locked.decided_at, locked.answer, locked.decision = actor, timezone.now(), answer, decision
        locked.save(update_fields=["state", "owner", "decided_at", "answer", "decision"])
        record_audit(actor=actor, action=f"report.{locked.state}", target=locked, reason=reason)
        tell_reporter(locked)
        if decision:
            tell_concerned(locked)
    return locked


def appeal_report(*, report: Report, appeal: str, actor: User) -> Report:
    """Object to a report that was upheld, once. It is in the queue again.

    Raises:
        NotConcerned: the actor acts neither for the one concerned nor buys for that organisation.
        ReportStateConflict: it was not upheld, or there was an appeal already.
    """
    if report.concerned not in buyers_of(actor):
        raise NotConcerned
    with locked_transaction():
        locked = _lock(report, (State.UPHELD,))
        locked.state, locked.appeal, locked.appealed_at = State.APPEALED, appeal, timezone.now()
        locked.save(update_fields=["state", "appeal", "appealed_at"])
        record_audit(actor=actor, action="report.appealed", target=locked)
    return locked


def decide_appeal(*, report: Report, granted: bool, answer: str, reason: str, actor: User) -> Report:
    """Grant an appeal or reject it, and tell the one concerned; the reporter too if the decision on their report has changed.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ReportStateConflict: there is no appeal, or it is decided.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = _lock(report, (State.APPEALED,))
        locked.state = State.APPEAL_GRANTED if granted else State.APPEAL_REJECTED
        locked.owner, locked.appeal_answer, locked.appeal_decided_at = actor, answer, timezone.now()
        locked.save(update_fields=["state", "owner", "appeal_answer", "appeal_decided_at"])
        record_audit(actor=actor, action=f"report.appeal_{locked.state}", target=locked, reason=reason)
        tell_concerned(locked)
        if granted:
            tell_reporter(locked, after_appeal=True)
    return locked


def _lock(report: Report, allowed: Iterable[str]) -> Report:
    locked = lock_report(report_id=report.pk)
    if locked.state not in allowed:
        raise ReportStateConflict(state=locked.get_state_display())
    return locked


def forget_reporters(*, now: datetime) -> int:
    """Delete visitors' addresses from reports that were decided as long ago as sent mails are kept. Return how many."""
    old = (
        Report.objects.filter(reporter_email__isnull=False)
        .exclude(state__in=WAITING)
        .filter(decided_at__lt=now - settings.LAYERSTORE_MAIL_KEPT)
    )
    return old.update(reporter_email=None)


def forget_words(user: User) -> None:
    """Blank what a person wrote in reports, what they were told, and their names; what was decided about what stays."""
    reports_of_person(user).update(details="", answer="", reporter_email=None)
    about = Report.objects.filter(concerned=user.account)
    about.update(decision="", appeal="", appeal_answer="")
    about.filter(about=Report.About.SHOP).update(target_label=SHOP_OF_DELETED_ACCOUNT)
