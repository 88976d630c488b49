"""What the simulator makes can be sent as railroads, scanners and readers send it, and comes back as it was."""

from msgspec.structs import replace

from producers.rail.reader_lines import Reader, TagRead, line_of, read_line, reading_of
from producers.rail.scan_files import json_line_of, read_scans
from producers.rail.write_418 import interchange_of
from producers.simulator.rail import RailWorld
from schemas.records import CarScan, CarTagRead, TrainConsist
from tests.producers.rail.interchanges import read

HOUR = 3_600.0
MINUTE_US = 60_000_000


def test_simulated_readings_come_back_from_their_formats() -> None:
    kinds = set()
    for item in RailWorld(seed=1, seconds=12 * HOUR, ports=["2304"]):
        record = item.reading
        if isinstance(record, TrainConsist):
            trains, problems = read(interchange_of([record], record.received_at), record.operating_mode)
            assert not problems
            assert trains[0].sent_at == record.received_at // MINUTE_US * MINUTE_US
            again = replace(trains[0], received_at=record.received_at, sent_at=record.sent_at)
            assert again.port_code == record.port_code
        elif isinstance(record, CarScan):
            (again,), problems, _ = read_scans(json_line_of(record), record.received_at)
            assert not problems
        elif isinstance(record, CarTagRead):
            told = read_line(1, line_of(record, 1))
            assert isinstance(told, TagRead)
            again = reading_of(
                told, Reader(record.track_id, record.device_id, record.operating_mode), record.received_at
            )
        else:
            continue
        assert replace(again, reading_id=record.reading_id) == record
        kinds.add(type(record))
    assert kinds == {TrainConsist, CarScan, CarTagRead}
