"""Commented blocks of a site's configuration, for a person to fill in, and what is odd about one that holds."""

from collections import Counter
from typing import Final

from producers.formats.reading_format import Framing, ReadingFormat
from producers.site.site_types import HttpInput, Site, TcpInput
from schemas.records import OperatingMode, SensorRole

SITE: Final = """\
site = "2301-bota"               # this crossing's name in metrics and logs
spool_directory = "spool"        # readings wait here until Kafka has them; a disk of its own is best
# fsync = "group"                # group: answered when on disk, once for all that came within:
# group_milliseconds = 20        # 1 to 50
# spool_bytes_max = 10000000000  # then devices are told to wait

[http]
host = "127.0.0.1"
port = 8600
# operator_key_file = "operator.key"   # of who tells where mobile X-ray units stand; made as a device's key is
"""

HTTP: Final = 'input = { kind = "http" }'
TCP: Final = 'input = { kind = "tcp", port = 8601, addresses = ["127.0.0.1"] }'


def device_template(form: ReadingFormat) -> str:
    """A [[devices]] block of a format, which holds as it stands."""
    name = form.name.replace("_", "-")
    lines = ["[[devices]]", f"# {form.title}", f"# {form.specification}", f'device_id = "{name}-1"']
    if form.sensors:
        roles = sorted(form.sensors)
        role = "SCALE" if "SCALE" in roles else roles[0]
        others = f"   # or {', '.join(one for one in roles if one != role)}" if len(roles) > 1 else ""
        lines.append('lane_id = "2301/01"')
        if form.sensors == {SensorRole.XRAY}:
            lines += [
                '# roams = ["2301/01", "2301/02"]   # in place of lane_id if it is a mobile unit: where it may stand;'
            ]
            lines += ["#     where it does, tell with `border sensor assign`. Its device_id is its unit_id."]
        lines.append(f'sensor = "{role}"{others}')
    else:
        lines += ['track_id = "2304/R1"']
    lines += [f'format = "{form.name}"', '# operating_mode = "TEST"   # while it is being set up']
    if form.framing is Framing.LINES:
        lines += [f"{TCP}   # where it connects from", f'# {HTTP}, {{ kind = "directory", directory = "in" }}']
    else:
        lines += [HTTP, f'key_file = "{name}-1.key"   # openssl rand -hex 32 > {name}-1.key; chmod 600 {name}-1.key']
        lines += ['# input = { kind = "directory", directory = "in", pattern = "*.json" }   # without key_file']
    return "\n".join([*lines, "", "[devices.options]", form.template.rstrip()]) + "\n"


def remarks_on(site: Site) -> list[str]:
    """What is odd about a configuration that holds, in sentences."""
    remarks = list[str]()
    roles = Counter((one.device.place, one.device.sensor) for one in site.devices if one.device.lane_id)
    for (place, role), count in roles.items():
        if count > 1:
            remarks.append(f"lane {place} has {count} devices that are {role}; is one of them copied?")
    modes = {one.device.operating_mode for one in site.devices}
    if len(modes) > 1 and OperatingMode.OPERATIONAL in modes:
        tests = [
            one.device.device_id for one in site.devices if one.device.operating_mode is not OperatingMode.OPERATIONAL
        ]
        remarks.append(f"not operational, so their readings are of no traveller: {', '.join(tests)}")
    if site.http is not None and site.http.certificate_file is None and not is_local(site.http.host):
        remarks.append(f"http.host {site.http.host} is reached without TLS: keys and plates can be read on the way")
    for one in site.devices:
        if isinstance(one.input, TcpInput) and one.key_file is None and not is_local(one.input.host):
            remarks.append(
                f"{one.device.device_id} is known by its address alone, which others on its network can take"
            )
    roams = any(one.device.roams for one in site.devices)
    if site.http is not None and site.http.operator_key_file is not None and not roams:
        remarks.append("http.operator_key_file has no use: no device roams")
    if site.http is not None and not (roams or any(isinstance(one.input, HttpInput) for one in site.devices)):
        remarks.append("[http] is open, and no device comes in by it")
    return remarks


def is_local(host: str) -> bool:
    """Whether only this machine reaches a host."""
    return host in ("localhost", "::1") or host.startswith("127.")
