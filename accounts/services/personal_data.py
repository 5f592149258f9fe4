"""The accounts' part in exporting what is held of a person, and in forgetting it."""

from accounts.personal_data import Part
from accounts.selectors.personal_data import export_account, obstacles_of_account
from accounts.services.deletion import forget_account

PART = Part(export=export_account, obstacles=obstacles_of_account, forget=forget_account)
