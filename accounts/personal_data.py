"""The handler of the personal data that accounts hold."""

from accounts.privacy.handlers import PersonalDataHandler
from accounts.privacy.selectors import export_account, obstacles_of_account
from accounts.privacy.services.deletion import forget_account

HANDLER = PersonalDataHandler(export=export_account, obstacles=obstacles_of_account, forget=forget_account)
