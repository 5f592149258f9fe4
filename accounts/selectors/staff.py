"""Who looks after the shop."""

from django.conf import settings
from django.db.models import Q

from accounts.models import User


def addresses_of_staff(*, permission: str) -> list[str]:
    """Return where staff read of what needs them: `LAYERSTORE_STAFF_MAIL`, or else everybody active who has the permission.

    Args:
        permission: as Django writes it, `app.codename`.
    """
    if settings.LAYERSTORE_STAFF_MAIL:
        return list(settings.LAYERSTORE_STAFF_MAIL)
    app, _, codename = permission.partition(".")
    permitted = Q()
    for path in ("user_permissions", "groups__permissions"):
        permitted |= Q(**{f"{path}__content_type__app_label": app, f"{path}__codename": codename})
    people = User.objects.filter(Q(is_superuser=True) | permitted, is_active=True, is_staff=True).exclude(email="")
    return list(people.order_by("email").values_list("email", flat=True).distinct())
