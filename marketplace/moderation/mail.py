"""What reporters and those concerned read by mail, written in the transaction of the decision."""

from common.web.links import absolute
from marketplace.moderation.models import Report
from marketplace.moderation.selectors import addresses_of
from outbox.mail.services import queue_mail


def tell_reporter(report: Report, *, after_appeal: bool = False) -> None:
    """Answer whoever reported it, if they can still be reached: once when it is decided, and once when an appeal changes that."""
    to = report.reporter_email or (report.reporter.email if report.reporter and report.reporter.is_active else "")
    if to:
        page = absolute("marketplace:reports") if report.reporter else ""
        context = {"report": report, "after_appeal": after_appeal, "reports_url": page}
        queue_mail(to=to, template="report_answer", context=context, key=f"report:{report.pk}:answer:{report.state}")


def tell_concerned(report: Report) -> None:
    """Tell those whom it is about what was decided, and where to appeal; the same after an appeal."""
    context = {
        "report": report,
        "appeal_url": absolute("marketplace:report_appeal", report.pk),
        "reports_url": absolute("marketplace:reports"),
    }
    for number, address in enumerate(addresses_of(report.concerned)):
        queue_mail(to=address, template="report_decision", context=context, key=f"report:{report.pk}:decision:{report.state}:{number}")
