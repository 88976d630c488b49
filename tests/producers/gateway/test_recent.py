"""What a device sent, for whoever stands before it: by its key, or on the gateway's own machine if it has none."""

from pathlib import Path

import msgspec
import pytest

from deploy.chaos.edge_site import write_site
from producers.formats.reading_format import Reason, Rejection
from producers.gateway.identity import Identities
from producers.gateway.recent import RECENT_MAX, Recent
from producers.site import Site, SiteDevice, load_site
from tests.producers.gateway.test_http import DEVICES, Serving, serving


def look(server: Serving, device_id: str, key: str, after: str = "0") -> tuple[int, dict[str, object]]:
    head = f"GET /devices/{device_id}/readings?after={after} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}"
    return server.ask("\r\n".join(head).encode() + b"\r\n\r\n")


def test_readings_and_rejections_are_shown_by_the_devices_key_and_what_was_seen_is_not_shown_again(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        key = server.key("front-1")
        assert look(server, "front-1", key) == (200, {"last": 0, "items": []})
        server.post("front-1", server.said("front-1"))
        server.post("front-1", b"{}")
        server.post("scale-1", server.said("scale-1"))
        status, answer = look(server, "front-1", key)
        first, second = answer["items"]  # type: ignore[misc]
        assert (status, answer["last"]) == (200, 3)
        assert (first["number"], first["reading"]["type"]) == (1, "PlateRead")
        assert (second["number"], second["rejection"]["reason"]) == (2, "MISSING_FIELD")
        assert [one["number"] for one in look(server, "front-1", key, "1")[1]["items"]] == [2]  # type: ignore[attr-defined]
        assert len(look(server, "front-1", key, "not-a-number")[1]["items"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("device_id", ["front-1", "nobody"])
def test_without_the_key_nothing_is_shown(device_id: str, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.post("front-1", server.said("front-1"))
        for key in ("", "wrong", server.key("scale-1")):
            status, answer = look(server, device_id, key)
            assert status == 401 and "items" not in answer


def test_of_a_device_without_a_key_its_own_machine_alone_sees_it(tmp_path: Path) -> None:
    site: Site = load_site(write_site(tmp_path, DEVICES))
    keyed = site.devices[0]
    bare: SiteDevice = msgspec.structs.replace(keyed, key_file=None)
    open_to_machine, by_key = Identities([bare]), Identities([keyed])
    for address in ("127.0.0.1", "::1"):
        assert open_to_machine.may_look(address, bare, b"", None)
        assert not by_key.may_look(address, keyed, b"", None)
    for address in ("10.0.0.9", "fe80::1"):
        assert not open_to_machine.may_look(address, bare, b"", None)
        assert open_to_machine.may_look(address, bare, b"", bare.device.device_id)  # its certificate


def test_what_is_remembered_is_bounded() -> None:
    recent = Recent(["a", "b"])
    for number in range(5 * RECENT_MAX):
        recent.add("a" if number % 2 else "b", [Rejection(Reason.MALFORMED, str(number))])
    assert len(recent.after("a", 0)) == len(recent.after("b", 0)) == RECENT_MAX
    assert recent.after("a", 0)[-1].number == recent.last == 5 * RECENT_MAX
