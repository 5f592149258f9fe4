import pytest
from django.core.management import CommandError, call_command


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(CommandError, match=r"^2026-11-02 comes after 2026-11-01: name the first day first.$"):
        call_command("derive_series", "2026-11-02", "2026-11-01")
