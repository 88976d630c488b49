"""The line protocol over real sockets: what controllers ask, and what others try."""

import asyncio
import socket
import struct
import time

import msgspec
import pytest

from schemas.layout import load_lanes
from schemas.records import Light, LightAnswerReason
from streams.light import lines
from streams.light.service import WAITING_PER_LANE_MAX, WAITING_UNKNOWN_MAX
from tests.core.outcomes.builders import LANE
from tests.light.serving import HOST, Serving, fresh, run


def test_a_controller_is_told_the_light_of_its_vehicle_and_no_reason() -> None:
    async def conversation(light: Serving) -> None:
        light.see(fresh(1042, Light.RED), fresh(1043, Light.GREEN))
        asked = ("LIGHT 2301/03 1042", "LIGHT 2301/03 1043", "LIGHT 2301/03 1044")
        told = await light.ask("HELLO controller-3", *asked)
        assert sorted(told) == ["GREEN 2301/03 1043", "GREEN 2301/03 1044", "HELLO controller-3", "RED 2301/03 1042"]
        reasons = {one.passage_number: one.reason for one in light.kept.answers}
        assert reasons == {
            1042: LightAnswerReason.SELECTION,
            1043: LightAnswerReason.SELECTION,
            1044: LightAnswerReason.NO_SELECTION,
        }
        assert {one.controller_id for one in light.kept.answers} == {"controller-3"}
        assert light.count("border_light_answers_total", port="2301", kind="fallback") == 1

    run(conversation)


def test_a_drill_and_a_reading_can_be_asked_for() -> None:
    async def conversation(light: Serving) -> None:
        drill = {"operating_mode": "EXERCISE", "passage_id": "2301/03/EXERCISE/7"}
        light.see(fresh(7, Light.RED, **drill), fresh(8, Light.RED, at_light_reading_id="loop-1-99"))
        told = await light.ask("LIGHT 2301/03 7 EXERCISE", "READING 2301/03 loop-1-99")
        assert sorted(told) == ["RED 2301/03 7 EXERCISE", "RED 2301/03 loop-1-99"]

    run(conversation)


def test_who_asks_before_the_selection_is_told_when_it_comes() -> None:
    async def conversation(light: Serving) -> None:
        asked = asyncio.create_task(light.ask("LIGHT 2301/03 1"))
        twice = asyncio.create_task(light.ask("LIGHT 2301/03 1"))
        await waiting(light, 2)
        light.see(fresh(2, Light.GREEN))  # another vehicle's, which wakes them for nothing
        light.see(fresh(1, Light.RED))
        assert await asked == await twice == ["RED 2301/03 1"]
        assert [one.reason for one in light.kept.answers] == [LightAnswerReason.SELECTION]

    run(conversation, wait_seconds=50.0)


def test_who_waits_in_vain_is_told_the_lot_within_the_bound_and_the_same_again() -> None:
    async def conversation(light: Serving) -> None:
        started = time.monotonic()
        assert await light.ask("LIGHT 2301/03 1") == ["RED 2301/03 1"]
        assert 0.2 <= time.monotonic() - started < 10.0
        light.see(fresh(1, Light.GREEN))
        assert await light.ask("LIGHT 2301/03 1") == ["RED 2301/03 1"]
        assert len(light.kept.answers) == 1
        assert light.count("border_light_repeats_total") == 1

    run(conversation, wait_seconds=0.2, red_share=1.0)


def test_many_questions_at_once_on_one_connection_do_not_wait_for_each_other() -> None:
    async def conversation(light: Serving) -> None:
        count = 5 * lines.UNDER_WAY_MAX
        light.see(*[fresh(n, Light.RED, lane_id=lane, passage_id=f"{lane}/{n}") for n, lane in numbered(count)])
        told = await light.ask("LIGHT 2301/01 999999", *[f"LIGHT {lane} {n}" for n, lane in numbered(count)])
        assert len(told) == count + 1 and told[-1] == "GREEN 2301/01 999999"  # it waited, and nobody for it
        assert set(told[:-1]) == {f"RED {lane} {n}" for n, lane in numbered(count)}

    run(conversation, wait_seconds=2.0)


def numbered(count: int) -> list[tuple[int, str]]:
    return [(n, f"2301/{n % 8 + 1:02d}") for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("LIGHT 2301/99 1", "ERROR there is no such lane: 2301/99 1"),
        ("LIGHT 2301/03 0", "ERROR a passage's number is 1 or more: 2301/03 0"),
        ("LIGHT 2301/03 -1", "ERROR a passage's number is up to 18 digits: 2301/03 -1"),
        ("LIGHT 2301/03 " + "9" * 19, "ERROR a passage's number is up to 18 digits: 2301/03 " + "9" * 19),
        ("LIGHT 2301/03 1 UNKNOWN", "ERROR UNKNOWN is no operating mode: 2301/03 1 UNKNOWN"),
        ("LIGHT 2301/03 1 PARADE", "ERROR there is no such mode: 2301/03 1 PARADE"),
        ("LIGHT 2301/03", "ERROR a question is a verb, a lane, a number or reading, and perhaps a mode: 2301/03"),
        ("READING 2301/03 " + "r" * 129, "ERROR a reading's id has 1 to 128 characters: 2301/03 " + "r" * 129),
        ("GET /", "ERROR HELP tells what can be asked"),
        ("", "ERROR HELP tells what can be asked"),
        ("HELLO", "ERROR HELP tells what can be asked"),
        ("HELLO " + "c" * 129, "ERROR HELP tells what can be asked"),
    ],
)
def test_what_cannot_be_asked_is_said_and_the_connection_stays(line: str, message: str) -> None:
    async def conversation(light: Serving) -> None:
        reader, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(line.encode() + b"\n")
        assert (await reader.readline()).decode() == message + "\n"
        writer.write(b"PING\nHELP\n")
        assert await reader.readline() == b"PONG\n"
        assert (await reader.readline()).startswith(b"HELP LIGHT")
        writer.close()
        assert light.kept.answers == []

    run(conversation)


NEW = {"lane_id": "MX-370/01", "passage_id": "MX-370/01/7", "port_code": "MX-370"}


def test_the_first_vehicle_of_a_port_that_was_published_since_waits_for_its_selection() -> None:
    async def conversation(light: Serving) -> None:
        asked = asyncio.create_task(light.ask("LIGHT MX-370/01 7"))
        await waiting(light, 1)
        light.see(fresh(7, Light.RED, **NEW))
        assert await asked == ["RED MX-370/01 7"]
        assert light.kept.lanes == ["MX-370/01"]  # so that a restart in the dark knows it

    run(conversation, wait_seconds=50.0)


def test_a_lane_that_nobody_knows_is_refused_after_the_wait_and_a_kept_one_is_drawn() -> None:
    async def conversation(light: Serving) -> None:
        assert await light.ask("LIGHT MX-370/01 7") == ["ERROR there is no such lane: MX-370/01 7"]
        light.see(fresh(7, Light.RED, **NEW), fresh(7, Light.RED, **NEW))
        assert await light.ask("LIGHT MX-370/01 8") == ["GREEN MX-370/01 8"]  # by lot
        assert light.kept.lanes == ["MX-370/01"]
        light.see(fresh(1, Light.RED, lane_id="MX-371/01", passage_id="MX-370/01/1"))  # which the stages refuse
        assert await light.ask("LIGHT MX-371/01 1") == ["ERROR there is no such lane: MX-371/01 1"]

    run(conversation)


def test_who_asks_for_too_many_lanes_that_are_not_there_is_refused_at_once() -> None:
    async def conversation(light: Serving) -> None:
        _, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(b"".join(b"LIGHT 9999/%d 1\n" % lane for lane in range(WAITING_UNKNOWN_MAX)))
        await waiting(light, WAITING_UNKNOWN_MAX)
        assert await light.ask("LIGHT 9998/1 1") == ["ERROR there is no such lane: 9998/1 1"]
        asked = asyncio.create_task(light.ask("LIGHT 2301/03 1"))
        await waiting(light, WAITING_UNKNOWN_MAX + 1)
        light.see(fresh(1, Light.RED))
        assert await asked == ["RED 2301/03 1"]
        writer.close()

    run(conversation, wait_seconds=50.0)


def test_who_floods_some_lanes_takes_no_other_lane_s_wait() -> None:
    async def conversation(light: Serving) -> None:
        lanes = sorted(load_lanes())[:200]
        flood = [f"LIGHT {lane} {number}\n" for number in range(1, 9) for lane in lanes if lane != LANE]
        for first in range(0, len(flood), lines.UNDER_WAY_MAX):
            _, writer = await asyncio.open_connection(HOST, light.lines_port)
            writer.write("".join(flood[first : first + lines.UNDER_WAY_MAX]).encode())
        await waiting(light, len(flood))
        assert len(flood) > 1_000
        asked = asyncio.create_task(light.ask(f"LIGHT {LANE} 1"))
        await waiting(light, len(flood) + 1)
        light.see(fresh(1, Light.RED))
        assert await asked == [f"RED {LANE} 1"]
        assert [one.reason for one in light.kept.answers] == [LightAnswerReason.SELECTION]

    run(conversation, wait_seconds=50.0)


def test_of_too_many_that_wait_in_a_lane_those_who_come_are_refused_and_none_is_drawn() -> None:
    async def conversation(light: Serving) -> None:
        _, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(b"".join(b"LIGHT 2301/03 %d\n" % n for n in range(1, WAITING_PER_LANE_MAX + 1)))
        await waiting(light, WAITING_PER_LANE_MAX)
        message = "ERROR more vehicles are asked for than can pass this lane: 2301/03 99"
        assert await light.ask("LIGHT 2301/03 99") == [message]
        assert light.count("border_light_refusals_total", reason="too_many") == 1
        assert light.kept.answers == []
        writer.close()

    run(conversation, wait_seconds=50.0)


def test_a_controller_that_asks_as_its_vehicle_comes_is_not_given_the_lot_of_who_asked_before() -> None:
    async def conversation(light: Serving) -> None:
        assert await light.ask("LIGHT 2301/03 1043") == ["GREEN 2301/03 1043"]  # by lot, before the vehicle is there
        light.service._wait_seconds = 50.0
        asked = asyncio.create_task(light.ask("LIGHT 2301/03 1043"))
        await waiting(light, 1)
        came = fresh(1043, Light.RED, must_refer=True)
        light.see(msgspec.structs.replace(came, selected_at=came.selected_at + 2_000_000))
        assert await asked == ["RED 2301/03 1043"]

    run(conversation)


@pytest.mark.parametrize("method", ["POST / HTTP/1.1", "GET /LIGHT HTTP/1.0"])
def test_a_page_in_a_browser_cannot_ask(method: str) -> None:
    async def conversation(light: Serving) -> None:
        reader, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(f"{method}\r\nHost: light:7330\r\n\r\nLIGHT 2301/03 1\n".encode())
        assert await closed(reader)
        assert light.kept.answers == []
        writer.close()

    run(conversation)


def test_a_vehicle_too_many_is_refused_and_not_drawn() -> None:
    async def conversation(light: Serving) -> None:
        told = await light.ask(*[f"LIGHT 2301/03 {number}" for number in range(1, 70)])
        refused = [line for line in told if line.startswith("ERROR more vehicles")]
        assert len(refused) == 9 and len(light.kept.answers) == 60
        assert light.count("border_light_refusals_total", reason="too_many") == 9

    run(conversation)


def test_bytes_that_are_no_text_and_lines_without_end_cost_nothing() -> None:
    async def conversation(light: Serving) -> None:
        reader, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(b"\xff\xfe\x00\n")
        assert await reader.readline() == b"ERROR HELP tells what can be asked\n"
        writer.write(b"L" * 100_000)
        assert await reader.readline() == b"ERROR a line has at most 512 bytes\n"
        assert await closed(reader)
        assert await light.ask("PING") == ["PONG"]

    run(conversation)


async def waiting(light: Serving, count: int) -> None:
    while light.service.waiting != count:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


def test_of_too_many_connections_the_one_silent_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "CONNECTIONS_MAX", 3)

    async def conversation(light: Serving) -> None:
        opened = []
        for _ in range(3):
            opened.append(await asyncio.open_connection(HOST, light.lines_port))
            opened[-1][1].write(b"PING\n")
            assert await opened[-1][0].readline() == b"PONG\n"
        opened[0][1].write(b"PING\n")  # the first is heard again, so the second is silent longest
        assert await opened[0][0].readline() == b"PONG\n"
        assert await light.ask("PING") == ["PONG"]
        assert await closed(opened[1][0])
        for reader, writer in (opened[0], opened[2]):
            writer.write(b"PING\n")
            assert await reader.readline() == b"PONG\n"
            writer.close()

    run(conversation)


def test_who_is_silent_for_long_or_takes_no_answers_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(lines, "SEND_SECONDS", 0.2)

    async def conversation(light: Serving) -> None:
        reader, _ = await asyncio.open_connection(HOST, light.lines_port)
        assert await closed(reader)
        deaf = socket.create_connection((HOST, light.lines_port))
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        with pytest.raises(ConnectionError):
            while True:  # the answers fill all buffers between us, and then nobody reads our questions either
                await asyncio.wait_for(loop.sock_sendall(deaf, b"HELP\n" * 10_000), 30)
        deaf.close()
        assert await light.ask("PING") == ["PONG"]

    run(conversation)


def test_who_sends_no_more_still_hears_the_answer() -> None:
    async def conversation(light: Serving) -> None:
        reader, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(b"LIGHT 2301/03 1\n")
        writer.write_eof()
        assert await reader.read() == b"RED 2301/03 1\n"

    run(conversation, wait_seconds=0.2, red_share=1.0)


def test_who_hangs_up_while_waiting_leaves_nothing_behind() -> None:
    async def conversation(light: Serving) -> None:
        _, writer = await asyncio.open_connection(HOST, light.lines_port)
        writer.write(b"LIGHT 2301/03 1\n")
        await waiting(light, 1)
        # A reset: whoever only ends its own half may still want to hear the answer, and is waited for.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        started = time.monotonic()
        await waiting(light, 0)
        assert time.monotonic() - started < 25.0

    run(conversation, wait_seconds=50.0)
