"""`border sensor tap`: what a device's readings look like as the gateway takes them, live."""

import time
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console

from deploy.errors import UserError
from deploy.gateway_client import Gateway
from deploy.options import Count, Flag
from deploy.reading_view import shown_of, table_of
from producers.site import KeyFileError, SiteError, load_site

POLL_SECONDS: Final = 0.5


def tap_(
    file: Path,
    device: str,
    *,
    count: Count | None = None,
    remembered: Flag = False,
    certificate: Path | None = None,
    reveal: Flag = False,
    json: Flag = False,
) -> int:
    """Show a device's readings and rejections as its running gateway takes them, until Ctrl-C. Plates are masked.

    Asks the gateway and not Kafka, so it shows the same while the line is cut. Run it where the site's configuration
    and keys are.

    Examples:

        border sensor tap site.toml front-camera-1
        border sensor tap site.toml scale-1 --remembered --count 3
        border sensor tap site.toml scale-1 --json | jq .reading.gross_weight_kg

    Parameters
    ----------
    file
        the site's configuration (TOML).
    device
        device_id in it.
    count
        stop after so many.
    remembered
        begin with what the gateway remembers of it, a hundred at most, and not with what comes next.
    certificate
        PEM file of a certificate and its key to show, where [http] has a client_ca_file.
    reveal
        show plates in full.
    json
        print one line of JSON each.
    """
    try:
        site = load_site(file)
        one = site.device(device)
        if one is None:
            devices = ", ".join(each.device.device_id for each in site.devices)
            raise UserError(f"{file} has no device {device}; it has {devices}")
        if site.http is None:
            raise UserError(f"{file} has no [http], by which a gateway is asked; add it, and start the gateway again")
        gateway, path = Gateway(site.http, one.key_file, certificate), f"/devices/{device}/readings?after="
    except (SiteError, KeyFileError) as error:
        raise UserError(str(error)) from error
    console, shown = Console(), 0
    last = 0 if remembered else gateway.ask(f"{path}0")["last"]
    if not json:
        print(f"waiting for {device} at {gateway.url}; Ctrl-C ends it", flush=True)
    while True:
        answer = gateway.ask(f"{path}{last}")
        if answer["last"] < last:  # the gateway has started again, and counts from 1
            last = 0
            continue
        for item in answer["items"]:
            show(item, console, reveal, json)
            shown += 1
            if count is not None and shown >= count:
                return 0
        last = answer["last"]
        time.sleep(POLL_SECONDS)


def show(item: dict[str, Any], console: Console, reveal: bool, json: bool) -> None:
    """Print one item, a reading field by field."""
    reading, rejection = item.get("reading"), item.get("rejection")
    if json:
        print(orjson.dumps(item if reading is None else {**item, "reading": shown_of(reading, reveal)}).decode())
    elif reading is not None:
        console.print(table_of(reading, reveal))
    elif rejection is not None:
        place = f"{rejection['at']}: " if rejection["at"] else ""
        print(f"rejected {place}{rejection['text']} ({rejection['reason']})")
