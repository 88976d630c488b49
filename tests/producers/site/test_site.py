"""A site's configuration: what holds is typed and absolute, and what does not is told all at once, with its key."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.formats import FORMATS
from producers.formats.openalpr import OpenalprOptions
from producers.site import (
    DirectoryInput,
    Fsync,
    HttpInput,
    Site,
    SiteError,
    TcpInput,
    load_site,
    parse_site,
    read_device_key,
)
from producers.site.writing import SITE, device_template, remarks_on
from schemas.records import Direction, OperatingMode, SensorRole

HEAD = 'site = "2301-bota"\nspool_directory = "spool"\n'
HTTP = "[http]\nport = 8600\n"
CAMERA = """
[[devices]]
device_id = "front-1"
lane_id = "2301/01"
sensor = "FRONT_CAMERA"
format = "openalpr"
input = { kind = "http" }
key_file = "front-1.key"
"""
SCALE = """
[[devices]]
device_id = "scale-1"
lane_id = "2301/01"
sensor = "SCALE"
format = "scale_line"
input = { kind = "tcp", port = 8601, addresses = ["10.1.2.3"] }
options = { scale_type = "TYPE_I", fields = ["time", "gross_weight"] }
"""
KEY = "0123456789abcdef0123456789abcdef"
OPERATED = '[http]\nport = 8600\noperator_key_file = "operator.key"\n'
UNIT = """
[[devices]]
device_id = "mobile-3"
roams = ["2301/01", "2301/02"]
sensor = "XRAY"
format = "xray_json"
input = { kind = "http" }
key_file = "mobile-3.key"
"""


def site_of(text: str, directory: Path = Path("/site")) -> Site:
    return parse_site(text, directory / "site.toml", check_keys=False)


def problems_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(SiteError) as error:
        site_of(text)
    return [tuple(one) for one in error.value.problems]  # type: ignore[misc]


def write_key(file: Path, text: str = KEY + "\n", mode: int = 0o600) -> None:
    file.write_text(text)
    file.chmod(mode)


def test_a_configuration_is_typed_and_its_paths_are_absolute() -> None:
    site = site_of(HEAD + HTTP + CAMERA + SCALE)
    assert (site.site, site.spool_directory, site.fsync) == ("2301-bota", Path("/site/spool"), Fsync.GROUP)
    camera, scale = site.devices
    assert camera.device.sensor is SensorRole.FRONT_CAMERA and camera.device.options == OpenalprOptions()
    assert (camera.input, camera.key_file) == (HttpInput(), Path("/site/front-1.key"))
    assert scale.input == TcpInput(port=8601, addresses=("10.1.2.3",))
    assert site.device("scale-1") is scale and site.device("none") is None


@pytest.mark.parametrize("name", FORMATS)
def test_every_formats_block_holds_as_it_stands(name: str) -> None:
    site = site_of(SITE + device_template(FORMATS[name]))
    assert site.devices[0].device.format == name


def test_an_x_ray_units_block_holds_as_that_of_a_mobile_unit_too() -> None:
    text = (SITE + device_template(FORMATS["xray_xml"])).replace("# operator_key_file", "operator_key_file")
    roaming = text.replace('lane_id = "2301/01"', "").replace("# roams", "roams")
    assert site_of(roaming).devices[0].device.roams == ("2301/01", "2301/02")
    assert "roams" not in device_template(FORMATS["cloudevents"])


def test_a_northbound_lane_leads_north_and_others_south() -> None:
    mode = 'operating_mode = "TEST"\n'
    with pytest.raises(SiteError, match="has no such lane"):
        site_of(HEAD + HTTP + CAMERA.replace("2301/01", "2301/N77"))
    assert site_of(HEAD + HTTP + CAMERA + mode).devices[0].device.direction is Direction.SOUTHBOUND
    assert site_of(HEAD + HTTP + CAMERA + mode).devices[0].device.operating_mode is OperatingMode.TEST


def test_a_port_of_ones_own_is_known_by_its_file(tmp_path: Path) -> None:
    text = CAMERA.replace("2301/01", "MX-370/02")
    example = Path(__file__).parents[3] / "deploy" / "examples" / "MX-370.toml"
    (tmp_path / "port.toml").write_bytes(example.read_bytes())
    site = site_of('port_files = ["port.toml"]\n' + HEAD + HTTP + text, tmp_path)
    assert site.devices[0].device.lane_id == "MX-370/02"
    assert problems_of(HEAD + HTTP + text)[0][0] == "devices[0] front-1.lane_id"
    missing = problems_of('port_files = ["no.toml"]\n' + HEAD + HTTP + CAMERA)
    assert missing == [("port_files[0]", "no.toml cannot be read: No such file or directory")]


def test_everything_that_is_wrong_is_told_at_once_with_file_and_key() -> None:
    text = (
        'site = "2301 bota"\nspol_directory = "spool"\ngroup_milliseconds = 80\n[http]\nport = 0\n'
        "[clock]\nrefuse_seconds = nan\n"
        + CAMERA.replace("2301/01", "2301/91").replace("FRONT_CAMERA", "SCALE")
        + "options = { camera_id = -3, contry = 'US' }\n"
        + SCALE.replace('"tcp"', '"ftp"').replace("scale_line", "scale_lin")
    )
    told = dict(problems_of(text))
    assert set(told) == {
        "spol_directory", "site", "spool_directory", "group_milliseconds", "http.port", "clock.refuse_seconds",
        "devices[0] front-1.options.contry", "devices[0] front-1.options.camera_id", "devices[0] front-1.lane_id",
        "devices[0] front-1.sensor", "devices[1] scale-1.input.kind", "devices[1] scale-1.format",
    }  # fmt: skip
    assert told["spol_directory"] == "there is no such key; did you mean spool_directory?"
    assert told["group_milliseconds"] == "must be <= 50.0"
    assert told["devices[0] front-1.options.contry"] == "there is no such key; did you mean country?"
    assert told["devices[1] scale-1.format"].endswith("did you mean scale_line?")
    with pytest.raises(SiteError) as error:
        site_of(text)
    assert str(error.value).startswith("/site/site.toml: ") and len(str(error.value).splitlines()) == len(told)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("site = ", "", "not TOML"),
        (HEAD, "devices", "there are none"),
        (HEAD + 'devices = "front"\n', "devices", "[[devices]]"),
        (HEAD + CAMERA, "devices[0] front-1.input", "there is no [http]"),
        (HEAD + HTTP + CAMERA.replace('key_file = "front-1.key"', ""), "devices[0] front-1.key_file", "anybody"),
        (HEAD + HTTP + CAMERA + CAMERA, "devices", "front-1 stands 2 times"),
        (HEAD + HTTP + CAMERA.replace("front-1", "Front 1"), "devices[0] Front 1.device_id", "must have the form"),
        (HEAD + HTTP + CAMERA + 'track_id = "2304/R1"', "devices[0] front-1", ": one of them"),
        (HEAD + HTTP + CAMERA.replace('lane_id = "2301/01"', ""), "devices[0] front-1", "needs a lane_id"),
        (HEAD + HTTP + CAMERA.replace("2301", "9999"), "devices[0] front-1.lane_id", "there is no port 9999"),
        (HEAD + HTTP + CAMERA.replace("openalpr", "aei_line"), "devices[0] front-1.format", "is of tracks"),
        (HEAD + HTTP + SCALE.replace("8601", "8600"), "devices[0] scale-1.input.port", "is that of [http]"),
        (HEAD + SCALE.replace('["10.1.2.3"]', "[]"), "devices[0] scale-1.input.addresses", "or a key_file"),
        (HEAD + SCALE.replace("10.1.2.3", "scale.local"), "devices[0] scale-1.input.addresses", "is no IP address"),
        (HEAD + SCALE + SCALE.replace("scale-1", "s-2"), "devices[1] s-2.input.addresses", "is that of scale-1"),
        (HEAD + "spool_bytes_max = 1000\n" + SCALE, "spool_bytes_max", "must be >= 10000000"),
        (HEAD + 'fsync = "sometimes"\n' + SCALE, "fsync", "sometimes"),
        (HEAD + HTTP + 'client_ca_file = "ca.pem"\n' + CAMERA, "http.client_ca_file", "needs certificate_file"),
        (HEAD + HTTP + 'certificate_file = "c.pem"\n' + CAMERA, "http", "both"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_key(text: str, key: str, reason: str) -> None:
    assert [(one, told) for one, told in problems_of(text) if one == key and reason in told], problems_of(text)


def test_a_mobile_unit_has_lanes_in_place_of_one() -> None:
    site = site_of(HEAD + OPERATED + UNIT)
    device = site.devices[0].device
    assert (device.roams, device.lane_id, device.place) == (("2301/01", "2301/02"), None, "")
    assert (device.direction, device.sensor) == (Direction.SOUTHBOUND, SensorRole.XRAY)
    assert site.http is not None and site.http.operator_key_file == Path("/site/operator.key")
    assert remarks_on(site) == []
    unused = remarks_on(site_of(HEAD + OPERATED + CAMERA))
    assert unused == ["http.operator_key_file has no use: no device roams"]


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (HTTP + UNIT, "devices[0] mobile-3.roams", "needs an operator_key_file in [http]"),
        (UNIT.replace('"http"', '"directory", directory = "in"'), "devices[0] mobile-3.roams", "needs an operator_key"),
        (OPERATED + UNIT + 'lane_id = "2301/01"\n', "devices[0] mobile-3", "one of them"),
        (OPERATED + UNIT.replace('["2301/01", "2301/02"]', "[]"), "devices[0] mobile-3.roams", "length >= 1"),
        (OPERATED + UNIT.replace('["2301/01", "2301/02"]', '"2301/01"'), "devices[0] mobile-3.roams", "array"),
        (OPERATED + UNIT.replace("2301/02", "2301/2"), "devices[0] mobile-3.roams[1]", "must have the form"),
        (OPERATED + UNIT.replace("2301/02", "2301/91"), "devices[0] mobile-3.roams[1]", "no such lane; it has 01"),
        (OPERATED + UNIT.replace("2301/02", "9999/02"), "devices[0] mobile-3.roams[1]", "there is no port 9999"),
        (OPERATED + UNIT.replace("2301/02", "2301/01"), "devices[0] mobile-3.roams", "2301/01 stands there 2 times"),
        (OPERATED + UNIT.replace("2301/02", "2301/N02"), "devices[0] mobile-3.roams", "northbound lanes and"),
        (OPERATED + CAMERA.replace('lane_id = "2301/01"', 'roams = ["2301/01"]'), "devices[0] front-1.roams", "only "),
        (OPERATED + UNIT.replace("xray_json", "scale_line"), "devices[0] mobile-3.sensor", "must be one of SCALE"),
        (OPERATED + UNIT.replace("xray_json", "aei_line"), "devices[0] mobile-3.format", "is of tracks"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mobile_unit_is_told_with_its_key(text: str, key: str, reason: str) -> None:
    assert [(one, told) for one, told in problems_of(HEAD + text) if one == key and reason in told], problems_of(
        HEAD + text
    )


def test_the_operators_key_is_read_and_is_no_devices(tmp_path: Path) -> None:
    file, key = tmp_path / "site.toml", tmp_path / "operator.key"
    file.write_text(HEAD + OPERATED + UNIT)
    write_key(tmp_path / "mobile-3.key")
    for prepare, reason in (
        (lambda: None, "cannot be read"),
        (lambda: write_key(key, mode=0o640), "can be read by others"),
        (lambda: write_key(key, "short\n"), "must hold one line"),
        (lambda: write_key(key), "holds the key of mobile-3"),
    ):
        prepare()
        with pytest.raises(SiteError, match=reason) as error:
            load_site(file)
        assert error.value.problems[0].key == "http.operator_key_file"
    write_key(key, KEY[::-1])
    assert load_site(file).http is not None


def test_files_and_stdin_need_no_key_and_each_has_its_own() -> None:
    directory = CAMERA.replace('kind = "http"', 'kind = "directory", directory = "in", done_directory = "done"')
    (one,) = site_of(HEAD + directory.replace('key_file = "front-1.key"', "")).devices
    assert one.input == DirectoryInput(directory=Path("/site/in"), done_directory=Path("/site/done"))
    assert problems_of(HEAD + directory)[0][0] == "devices[0] front-1.key_file"
    again = directory.replace('key_file = "front-1.key"', "").replace('"done"', '"in"')
    (problem,) = problems_of(HEAD + again)
    assert problem[0] == "devices[0] front-1.input.done_directory" and "read again" in problem[1]
    stdin = CAMERA.replace('"http"', '"stdin"').replace('key_file = "front-1.key"', "")
    assert problems_of(HEAD + stdin + stdin.replace("front-1", "front-2"))[0][1].startswith("only one device")


def test_keys_are_read_once_the_site_is_at_home(tmp_path: Path) -> None:
    file, key = tmp_path / "site.toml", tmp_path / "front-1.key"
    file.write_text(HEAD + HTTP + CAMERA)
    for prepare, reason in (
        (lambda: None, "cannot be read"),
        (lambda: write_key(key, mode=0o644), "can be read by others"),
        (lambda: write_key(key, "short\n"), "must hold one line"),
        (lambda: write_key(key, "two lines of a key\nare no key at all"), "must hold one line"),
    ):
        prepare()
        with pytest.raises(SiteError, match=reason) as error:
            load_site(file)
        assert error.value.problems[0].key == "devices[0] front-1.key_file"
        assert KEY not in str(error.value) and "two lines" not in str(error.value)
    write_key(key)
    assert load_site(file).devices[0].key_file == key and read_device_key(key) == KEY.encode()


def test_two_devices_cannot_share_a_key(tmp_path: Path) -> None:
    for name in ("front-1", "rear-1"):
        write_key(tmp_path / f"{name}.key")
    rear = CAMERA.replace("front-1", "rear-1").replace("FRONT", "REAR")
    (tmp_path / "site.toml").write_text(HEAD + HTTP + CAMERA + rear)
    with pytest.raises(SiteError, match="holds the key of front-1"):
        load_site(tmp_path / "site.toml")


def test_a_key_stands_nowhere_in_the_configuration_read(tmp_path: Path) -> None:
    write_key(tmp_path / "front-1.key")
    (tmp_path / "site.toml").write_text(HEAD + HTTP + CAMERA)
    assert KEY not in repr(load_site(tmp_path / "site.toml"))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"a = " + b"[" * 100_000, b'site = "' + b"x" * 2_000_000])
def test_a_file_that_is_no_configuration_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "site.toml").write_bytes(content)
    with pytest.raises(SiteError):
        load_site(tmp_path / "site.toml")
    with pytest.raises(SiteError, match="cannot be read"):
        load_site(tmp_path / "none.toml")


def test_what_is_odd_is_remarked() -> None:
    quiet = site_of(HEAD + HTTP + CAMERA)
    assert remarks_on(quiet) == []
    rear = CAMERA.replace("front-1", "rear-1") + 'operating_mode = "TEST"\n'
    open_host = HTTP + 'host = "0.0.0.0"\n'
    remarks = remarks_on(site_of(HEAD + open_host + CAMERA + rear + SCALE.replace("8601", '8601, host = "0.0.0.0"')))
    assert [next(word for word in ("copied", "operational", "TLS", "address") if word in one) for one in remarks] == [
        "copied", "operational", "TLS", "address",
    ]  # fmt: skip


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["site", "fsync", "http", "clock", "devices", "port_files"]), values)
def test_any_value_in_any_place_is_a_site_or_told(name: str, value: object) -> None:
    told = {"site": "s", "spool_directory": "s", "devices": [{"device_id": "a", "format": "openalpr", "input": {}}]}
    try:
        text = msgspec.toml.encode(told | {name: value}).decode()
    except (TypeError, ValueError):  # TOML has no null, and its writer no lone surrogates
        return
    with pytest.raises(SiteError) as error:
        site_of(text)
    assert error.value.problems


@given(
    st.sampled_from(["device_id", "lane_id", "sensor", "format", "input", "key_file", "options", "direction"]), values
)
def test_any_value_in_a_device_is_told_with_the_devices_key(name: str, value: object) -> None:
    device = {
        "device_id": "a", "lane_id": "2301/01", "sensor": "SCALE", "format": "scale_line",
        "input": {"kind": "tcp", "port": 8601}, "options": {"scale_type": "TYPE_I", "fields": ["time", "gross_weight"]},
    }  # fmt: skip
    told = {"site": "s", "spool_directory": "s", "devices": [device | {name: value}]}
    try:
        text = msgspec.toml.encode(told).decode()
    except (TypeError, ValueError):
        return
    try:
        site_of(text)
    except SiteError as error:
        assert error.problems and all(one.key.startswith("devices[0]") for one in error.problems)
    else:
        assert name == "key_file"  # an address or a key is missing else; its file is not looked for here
