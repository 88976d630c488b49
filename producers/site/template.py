"""Commented blocks of a site's configuration, for a person to fill in."""

from typing import Final

from producers.formats.reading_format import Framing, ReadingFormat

SITE: Final = """\
site = "2301-bota"               # this crossing's name in metrics and logs
spool_directory = "spool"        # readings wait here until Kafka has them; a disk of its own is best
# fsync = "group"                # group: answered when on disk, once for all that came within:
# group_milliseconds = 20        # 1 to 50
# spool_bytes_max = 10000000000  # then devices are told to wait

[http]
host = "127.0.0.1"
port = 8600
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
        lines += ['lane_id = "2301/01"', f'sensor = "{role}"{others}']
    else:
        lines += ['track_id = "2304/R1"']
    lines += [f'format = "{form.name}"', '# operating_mode = "TEST"   # while it is being set up']
    if form.framing is Framing.LINES:
        lines += [f"{TCP}   # where it connects from", f'# {HTTP}, {{ kind = "directory", directory = "in" }}']
    else:
        lines += [HTTP, f'key_file = "{name}-1.key"   # openssl rand -hex 32 > {name}-1.key; chmod 600 {name}-1.key']
        lines += ['# input = { kind = "directory", directory = "in", pattern = "*.json" }   # without key_file']
    return "\n".join([*lines, "", "[devices.options]", form.template.rstrip()]) + "\n"
