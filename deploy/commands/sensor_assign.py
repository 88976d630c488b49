"""`border sensor assign` and `assignments`: where a site's mobile X-ray units stand, told to its running gateway."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from deploy.errors import UserError
from deploy.gateway_client import Gateway
from deploy.options import Flag
from deploy.reading_view import time_text
from producers.site import KeyFileError, SiteError, load_site


def assign_(
    file: Path,
    unit: str,
    lane: str | None = None,
    *,
    by: str,
    from_: datetime | None = None,
    until: datetime | None = None,
    end: Flag = False,
    certificate: Path | None = None,
    json: Flag = False,
) -> int:
    """Tell the running gateway in which lane a mobile X-ray unit stands. What it scans from then on is of that lane.

    The unit is handed over: its assignment in force ends when the new one begins, and both records are told. The last
    word on a stretch of time holds, so those that would have begun meanwhile are withdrawn; none goes on behind the new
    one's end. A scan is of the lane in which the unit stood when it was observed, however late it comes. A time that
    lies behind the last scan that has come is refused: what is in the log is not rewritten.

    Given again, it changes nothing. Run it where the site's configuration and its operator's key are.

    Examples:

        border sensor assign site.toml mobile-3 2301/02 --by engineer-7
        border sensor assign site.toml mobile-3 2301/01 --by engineer-7 --from 2026-12-01T14:00 --until 2026-12-01T22:00
        border sensor assign site.toml mobile-3 --end --by engineer-7

    Parameters
    ----------
    file
        the site's configuration (TOML).
    unit
        device_id of the unit, which has `roams` there.
    lane
        one of its lanes; none with --end.
    by
        id of the person who says so.
    from_
        from when on (UTC if it names no zone); by default from now on, by the gateway's clock.
    until
        until when; open by default.
    end
        from then on it stands in no lane, and its scans are refused.
    certificate
        PEM file of a certificate and its key to show, where [http] has a client_ca_file.
    json
        print one line of JSON.
    """
    if end and (lane is not None or until is not None):
        raise UserError("--end is of no lane, and --from says when it is; leave out the lane and --until")
    if not end and lane is None:
        raise UserError("give the lane in which the unit stands, or --end if it stands in none")
    gateway = gateway_of(file, certificate)
    order = {"lane_id": lane, "assigned_by": by, "from_at": micros_of(from_), "until_at": micros_of(until)}
    answer = gateway.ask(f"/units/{checked(unit)}/assignments", order)
    if json:
        print(orjson.dumps(answer).decode())
        return 0
    for record in answer["changed"]:
        print(told_of(record, is_new=record["revision"] == 1))
    if not answer["changed"]:
        standing = answer["standing"]
        print("nothing to end" if standing is None else f"as it was: {told_of(standing, is_new=True)}")
    return 0


def assignments_(file: Path, *, certificate: Path | None = None, json: Flag = False) -> int:
    """List where the mobile X-ray units of a site stand, will stand and stood, as the running gateway knows it.

    Examples:

        border sensor assignments site.toml
        border sensor assignments site.toml --json | jq '.assignments[] | select(.until_at == null)'

    Parameters
    ----------
    file
        the site's configuration (TOML).
    certificate
        PEM file of a certificate and its key to show, where [http] has a client_ca_file.
    json
        print one line of JSON, with times in microseconds.
    """
    answer = gateway_of(file, certificate).ask("/assignments")
    if json:
        print(orjson.dumps(answer).decode())
        return 0
    table = Table("unit", "lane", "from", "until", "by", "")
    for one in answer["assignments"]:
        until = "open" if one["until_at"] is None else time_text(one["until_at"])
        state = state_of(one, answer["now"])
        table.add_row(one["unit_id"], one["lane_id"], time_text(one["from_at"]), until, one["assigned_by"], state)
    Console().print(table)
    standing = {one["unit_id"] for one in answer["assignments"] if state_of(one, answer["now"]) == "now"}
    for unit, lanes in answer["units"].items():
        if unit not in standing:
            print(f"{unit} stands in no lane; it may in {', '.join(lanes)}")
    return 0


def gateway_of(file: Path, certificate: Path | None) -> Gateway:
    """The running gateway of a site, asked as its operator. Raises UserError."""
    try:
        site = load_site(file)
        if site.http is None or site.http.operator_key_file is None:
            raise UserError(f"{file} has no operator_key_file in [http]; add one, and start the gateway again")
        return Gateway(site.http, site.http.operator_key_file, certificate)
    except (SiteError, KeyFileError) as error:
        raise UserError(str(error)) from error


def checked(unit: str) -> str:
    """A device's id as it may stand in a path. Raises UserError."""
    if not unit.isascii() or not unit.replace("-", "").replace(".", "").isalnum():
        raise UserError(f"{unit!r} is no device_id")
    return unit


def micros_of(time: datetime | None) -> int | None:
    """A time in microseconds UTC."""
    return None if time is None else int(time.replace(tzinfo=time.tzinfo or UTC).timestamp() * 1_000_000)


def told_of(record: dict[str, Any], is_new: bool) -> str:
    """A record in a line."""
    name = f"{record['unit_id']} in {record['lane_id']}"
    if is_new:
        until = "" if record["until_at"] is None else f" until {time_text(record['until_at'])}"
        return f"{name} from {time_text(record['from_at'])}{until}"
    if record["until_at"] == record["from_at"]:
        return f"{name} from {time_text(record['from_at'])}: withdrawn"
    return f"{name} ended {time_text(record['until_at'])}"


def state_of(record: dict[str, Any], now: int) -> str:
    """Whether an assignment holds now, at a time of the gateway's clock."""
    if record["until_at"] == record["from_at"]:
        return "withdrawn"
    if record["from_at"] > now:
        return "planned"
    return "now" if record["until_at"] is None or record["until_at"] > now else "over"
