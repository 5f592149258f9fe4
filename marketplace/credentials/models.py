"""The images that a limited access token is for."""

from django.db import models

from accounts.tokens.models import AccessToken
from marketplace.images.models import Image


class CredentialImage(models.Model):
    """An image that a limited access token is for. The policy reads these rows; one that is missing grants nothing.

    The row alone grants nothing either: the policy also checks each time what the token's account may do. It goes with its image, which
    goes only with an empty namespace; the token stays limited, for `AccessToken.limited_to` says so.
    """

    credential = models.ForeignKey(AccessToken, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("credential", "image"), name="credential_image_unique"),)

    def __str__(self) -> str:
        return str(self.image)
