"""Secrets given as files: `GATEWAY_X_FILE` names a file that holds what `GATEWAY_X` would."""

import os
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from webhook_gateway.errors import ConfigurationError

FILE_BYTES_MAX = 65_536


class SecretFileSource(PydanticBaseSettingsSource):
    """Reads secrets from the files that `…_FILE` variables name, as Docker and Kubernetes mount them.

    Args:
        settings_class: The settings that are being read.
        fields: Names of the fields that may be given as a file.
    """

    def __init__(self, settings_class: type[BaseSettings], fields: tuple[str, ...]) -> None:
        super().__init__(settings_class)
        self._fields = fields

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:  # noqa: ARG002 - base
        """Returns a file's text, or nothing where no file is named.

        Raises:
            ConfigurationError: The file cannot be read, is no text, is too long, or the value is given as well.
        """
        variable = f"{self.config.get('env_prefix', '')}{field_name}".upper()
        file_variable = f"{variable}_FILE"
        path = os.environ.get(file_variable)
        if not path:
            return None, field_name, False
        if os.environ.get(variable):
            raise ConfigurationError(f"{file_variable}: {variable} is set as well; set one of the two")
        try:
            with Path(path).open("rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
            text = content.decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{file_variable}: cannot read {path}: {error}") from error
        if len(content) > FILE_BYTES_MAX:
            raise ConfigurationError(f"{file_variable}: {path} is longer than {FILE_BYTES_MAX} bytes")
        return text.strip(), field_name, False

    def __call__(self) -> dict[str, object]:
        """Returns the values of the fields that were given as files."""
        fields = self.settings_cls.model_fields
        values = {name: self.get_field_value(fields[name], name)[0] for name in self._fields}
        return {name: value for name, value in values.items() if value is not None}
