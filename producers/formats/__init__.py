"""The formats that devices speak, one file for each, each headed by the spec that it implements.

A format is pure: bytes and a device's entry in the site's configuration in, readings or rejections out.
"""

from collections.abc import Mapping
from typing import Final

from producers.formats.openalpr import OPENALPR
from producers.formats.reading_format import ReadingFormat

FORMATS: Final[Mapping[str, ReadingFormat]] = {one.name: one for one in (OPENALPR,)}
