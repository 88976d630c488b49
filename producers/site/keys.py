"""Devices' keys: files of one line, which only the gateway may read."""

import stat
from pathlib import Path
from typing import Final

# 128 bits in base64 or hexadecimal; shorter keys are guessed.
KEY_LENGTH_MIN: Final = 22
KEY_LENGTH_MAX: Final = 256
NEW_KEY: Final = "openssl rand -hex 32"


class KeyFileError(ValueError):
    """What is wrong with a key's file, and what to do; never holds the key."""


def read_device_key(file: Path) -> bytes:
    """The key in a file. Raises KeyFileError."""
    try:
        mode = file.stat().st_mode
        data = file.read_bytes()[: KEY_LENGTH_MAX + 3]
    except OSError as error:
        raise KeyFileError(f"{file} cannot be read: {error.strerror}; make one with `{NEW_KEY}`") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{file} can be read by others; chmod 600 it")
    key = data.rstrip(b"\r\n")
    if not KEY_LENGTH_MIN <= len(key) <= KEY_LENGTH_MAX or not all(33 <= one <= 126 for one in key):
        text = f"{KEY_LENGTH_MIN} to {KEY_LENGTH_MAX} visible ASCII characters"
        raise KeyFileError(f"{file} must hold one line of {text}; make one with `{NEW_KEY}`")
    return key
