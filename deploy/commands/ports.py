"""`border ports`: ports of entry as files: listed, shown, checked, and put in force while the stages run."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.port_files import (
    changes_of,
    digest_of,
    packaged_text,
    parse_file,
    propensity_text,
    read_text,
    remarks_on,
)
from deploy.port_publication import PARTITIONS, Held, Published, held_ports, publish_port
from schemas.layout import PORTS_DIRECTORY, Port, load_ports, parse_port
from schemas.topics import LANES_CHANGELOG

app = App(name="ports", help="List, show, check and publish ports: a new one needs no restart.")


@app.command(name="list")
def list_(
    *,
    own: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List the ports that the stages know: those that come with the platform, and what was published of them or beside.

    Examples:

        border ports list
        border ports list --own

    Parameters
    ----------
    own
        only those that come with the platform; needs no network.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    held = Held({}, []) if own else held_ports(connect(broker, registry_url, state_directory))
    published = {one.code for one in held.counts}
    rows = [row_of(parse_port(one.text), one, count) for one, count in held.counts.items()]
    rows += [row_of(port, None, 0) for code, port in load_ports().items() if code not in published]
    rows.sort(key=lambda row: row["code"])
    if json:
        print(orjson.dumps({"ports": rows, "partitions": PARTITIONS, "unreadable": held.unreadable}).decode())
        return 0
    table = Table("port", "name", "lanes", "propensity", "sha256", "published, approved by", "in partitions")
    for row in rows:
        people = "-" if row["published_by"] is None else f"{row['published_by']}, {row['approved_by']}"
        propensity = "-" if row["random_propensity"] is None else f"{row['random_propensity']:g}"
        lanes, partitions = str(sum(row["lanes"].values())), f"{row['partitions'] or '-'}"
        name = Text(row["name"])  # what looks like rich's markup is none
        table.add_row(Text(row["code"]), name, lanes, propensity, row["sha256"][:12], Text(people), partitions)
    Console().print(table)
    print(f"a published port is held by {PARTITIONS} partitions; the others are those that stages start with")
    for place in held.unreadable:
        print(f"cannot be read, perhaps since another version wrote it: {place}")
    return 0


@app.command
def show(
    code: str,
    *,
    own: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Print the file of a port that is in force: what was published last, else the one that comes with the platform.

    Examples:

        border ports show 2301 --own > 2301.toml
        border ports show MX-370

    Parameters
    ----------
    code
        the port's code.
    own
        the one that comes with the platform; needs no network.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    held = {} if own else held_ports(connect(broker, registry_url, state_directory), [LANES_CHANGELOG]).counts
    text = next((one.text for one in held if one.code == code), packaged_text(code))
    if text is None:
        raise UserError(f"no port {code} is known; `border ports list` shows which are")
    print(orjson.dumps({"text": text}).decode() if json else text, end="\n" if json else "")
    return 0


@app.command
def validate(file: Path, *, json: Flag = False) -> int:
    """Check a port's file: keys, codes, lanes, the order and distances of sensors; and remark on what is odd.

    Exits 1 if the file is wrong, 0 if it can be published, with or without remarks. Needs no network.

    Examples:

        border ports validate deploy/examples/MX-370.toml

    Parameters
    ----------
    file
        the port (TOML).
    json
        print one line of JSON.
    """
    text = read_text(file)
    try:
        port = parse_port(text)
    except ValueError as error:
        if json:
            print(orjson.dumps({"file": str(file), "error": str(error), "remarks": []}).decode())
        else:
            print(f"{file}: {error}")
        return 1
    remarks = remarks_on(port, load_ports())
    if json:
        row = row_of(port, None, 0, text)
        print(orjson.dumps({"file": str(file), "error": None, "remarks": remarks, "port": row}).decode())
        return 0
    for remark in remarks:
        print(f"{file}: odd: {remark}")
    print(
        f"{file}: {port.code} {port.name}, {port.state}: {len(port.lanes)} lanes{northbound_text(port)}, "
        f"propensity {propensity_text(port)}; {len(remarks) or 'no'} remark{'' if len(remarks) == 1 else 's'}"
    )
    return 0


@app.command
def publish(
    file: Path,
    *,
    by: str,
    approved_by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Check a port's file and put it in force in all stages that need ports: in one transaction, without a restart.

    The same port published again replaces what is in force of it. Vehicles stay in lanes that are built otherwise;
    those in lanes that are no more are closed.

    Examples:

        border ports publish deploy/examples/MX-370.toml --by engineer-7 --approved-by chief-2

    Parameters
    ----------
    file
        the port (TOML).
    by
        id of the person who publishes it.
    approved_by
        id of the second person, who approved it.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    text = read_text(file)
    port = parse_file(file, text)
    connection = connect(broker, registry_url, state_directory)
    in_force = dict(load_ports())
    for one in reversed(held_ports(connection, [LANES_CHANGELOG]).counts):  # the newest last
        in_force[one.code] = parse_port(one.text)
    for remark in remarks_on(port, in_force):
        print(f"odd: {remark}")
    publish_port(port.code, text, by, approved_by, connection)
    print(f"{port.code} {port.name} is in force from here on; {'; '.join(changes_of(in_force.get(port.code), port))}")
    print("`border ports list` shows in how many partitions it has arrived")
    if port.code not in load_ports():
        print(f"its lots need keys of their own: border keys commit --port {port.code}")
    return 0


def northbound_text(port: Port) -> str:
    """How many lanes of an inbound feed there are, if any."""
    return f" and {len(port.northbound_lanes)} northbound ones" if port.northbound_lanes else ""


def row_of(port: Port, published: Published | None, partitions: int, text: str | None = None) -> dict[str, Any]:
    """A port as JSON."""
    of_file = published.text if published is not None else text
    if of_file is None:
        of_file = read_text(PORTS_DIRECTORY / f"{port.code}.toml")
    at = None if published is None else datetime.fromtimestamp(published.published_at / 1e6, UTC).isoformat()
    return {
        "code": port.code,
        "name": port.name,
        "state": port.state,
        "latitude_deg": port.latitude_deg,
        "longitude_deg": port.longitude_deg,
        "utc_offset_hours": port.utc_offset_hours,
        "lanes": dict(Counter(lane.mode.value for lane in port.lanes)),
        "northbound_lanes": dict(Counter(lane.mode.value for lane in port.northbound_lanes)),
        "random_propensity": port.random_propensity,
        "sha256": digest_of(of_file),
        "published_by": None if published is None else published.published_by,
        "approved_by": None if published is None else published.approved_by,
        "published_at": at,
        "partitions": partitions,
    }
