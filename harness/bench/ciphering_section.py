"""What a meter file says about the encryption of the meter's alerts (SIG-1)."""

from __future__ import annotations

from pydantic import Field

from harness.bench.toml_file import FileModel


class CipheringSection(FileModel):
    """Keys that its alerts are ciphered with (DLMS suite 0). Published test keys only: the file is in every record."""

    published_encryption_key: str = Field(pattern=r"^[0-9a-f]{32}$")
    """The global unicast encryption key."""
    published_authentication_key: str = Field(pattern=r"^[0-9a-f]{32}$")

    @property
    def keys(self) -> tuple[bytes, bytes]:
        """The key that encrypts, and the one that authenticates."""
        return bytes.fromhex(self.published_encryption_key), bytes.fromhex(self.published_authentication_key)
