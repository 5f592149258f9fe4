"""Fields of the API that follow a rule of the whole shop."""

from typing import Any

from rest_framework import serializers

from common.text import normal_name, validate_name


class NameField(serializers.CharField):
    """A name that others read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(validate_name)

    def to_internal_value(self, data: Any) -> str:
        return normal_name(super().to_internal_value(data))
