"""Months of UTC, by which books and documents are read."""

from datetime import UTC, date, datetime


def named_month(name: str | None, *, now: datetime) -> date | None:
    """Return the first day of a month that an address names, `2026-11`: the present one if it names none, None for no month."""
    if not name:
        return now.date().replace(day=1)
    try:
        return date.fromisoformat(f"{name}-01")
    except ValueError:
        return None


def months_since(first: date | None, today: date) -> list[date]:
    """Return the first days of the months up to today, the newest first; at most those of ten years."""
    if first is None:
        return []
    newest, oldest = today.year * 12 + today.month - 1, first.year * 12 + first.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(newest, max(oldest, newest - 120) - 1, -1)]


def bounds(month: date) -> tuple[datetime, datetime]:
    """Return the first and the last moment of a month in UTC."""
    begins = datetime(month.year, month.month, 1, tzinfo=UTC)
    year, index = divmod(month.year * 12 + month.month, 12)
    return begins, datetime(year, index + 1, 1, tzinfo=UTC) - datetime.resolution
