"""The accounts' part in exporting what is held of a person, and in forgetting it."""

from accounts.privacy.handlers import PersonalDataHandler
from accounts.privacy.selectors import export_account, obstacles_of_account
from accounts.privacy.services.deletion import forget_account

HANDLER = PersonalDataHandler(export=export_account, obstacles=obstacles_of_account, forget=forget_account)
