"""The formats that devices speak, one file for each, each headed by the spec that it implements.

A format is pure: bytes and a device's entry in the site's configuration in, readings or rejections out.
"""

from collections.abc import Mapping
from typing import Final

from producers.formats.aei_line import AEI_LINE
from producers.formats.camera_json import CAMERA_JSON
from producers.formats.cloudevents import CLOUDEVENTS
from producers.formats.loop_line import LOOP_LINE
from producers.formats.openalpr import OPENALPR
from producers.formats.rail_scan import RAIL_SCAN
from producers.formats.reading_format import ReadingFormat
from producers.formats.scale_line import SCALE_LINE
from producers.formats.tmg_weight import TMG_WEIGHT
from producers.formats.xray import XRAY_JSON, XRAY_XML

FORMATS: Final[Mapping[str, ReadingFormat]] = {
    one.name: one
    for one in (
        OPENALPR,
        CAMERA_JSON,
        TMG_WEIGHT,
        SCALE_LINE,
        XRAY_JSON,
        XRAY_XML,
        LOOP_LINE,
        AEI_LINE,
        RAIL_SCAN,
        CLOUDEVENTS,
    )
}
