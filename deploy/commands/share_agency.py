"""`border share agency`: what another agency does at a sharing service; a reference for its own software."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson
from cyclopts import App

from deploy.errors import UserError
from deploy.options import Flag
from deploy.record_files import text_of
from streams.sharing.client import SharingClient, SharingRefused

URL: Final = "http://127.0.0.1:7333"
CREDENTIAL: Final = Path("sharing-credential")

app = App(name="agency", help="The agency's side: status, lodge, lodgings, withdraw, records, ask, plate.")


@contextmanager
def answered(url: str, credential: Path) -> Iterator[SharingClient]:
    """A client whose refusals are told in a sentence."""
    try:
        yield SharingClient(url, text_of(credential).strip())
    except SharingRefused as error:
        raise UserError(str(error)) from error
    except ValueError as error:  # of the oblivious function's library
        raise UserError(f"the service's answer does not fit its proof, and is not to be trusted: {error}") from error


def show(value: object) -> None:
    """One line of JSON."""
    print(orjson.dumps(value).decode())


def case_of(purpose: str, case: str, legal_basis: str) -> dict[str, str]:
    """Why it is asked, as the service wants it."""
    return {"purpose": purpose, "case_number": case, "legal_basis": legal_basis}


@app.command
def status(*, url: str = URL, credential: Path = CREDENTIAL) -> int:
    """Print the agreement in force, and what was used of its limits today.

    Examples:

        border share agency status

    Parameters
    ----------
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    """
    with answered(url, credential) as client:
        show(client.agreement())
    return 0


@app.command
def lodge(
    *plates: str,
    purpose: str,
    case: str,
    legal_basis: str,
    until: str,
    jurisdiction: str | None = None,
    url: str = URL,
    credential: Path = CREDENTIAL,
) -> int:
    """Lodge plates by name: their crossings and alerts are told, as far as the agreement goes.

    Examples:

        border share agency lodge TST0001 --purpose STOLEN_VEHICLE --case C1 --legal-basis "order 7" \\
            --until 2026-12-31T00:00Z

    Parameters
    ----------
    plates
        plates.
    purpose
        one of the agreement's purposes.
    case
        the agency's case number.
    legal_basis
        law or order that allows it.
    until
        when it ends, ISO 8601 with its zone.
    jurisdiction
        issuer of all of them, ISO 3166-2; any if not given.
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    """
    with answered(url, credential) as client:
        wanted: list[dict[str, str | None]] = [{"plate": plate, "jurisdiction": jurisdiction} for plate in plates]
        show(client.lodge(case_of(purpose, case, legal_basis), wanted, until))
    return 0


@app.command
def lodgings(*, url: str = URL, credential: Path = CREDENTIAL) -> int:
    """Print the agency's own list.

    Examples:

        border share agency lodgings

    Parameters
    ----------
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    """
    with answered(url, credential) as client:
        show(client.lodgings())
    return 0


@app.command
def withdraw(lodging_id: str, *, url: str = URL, credential: Path = CREDENTIAL) -> int:
    """Take a lodged plate back.

    Examples:

        border share agency withdraw 1f0c…

    Parameters
    ----------
    lodging_id
        as `lodgings` shows it.
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    """
    with answered(url, credential) as client:
        show(client.withdraw(lodging_id))
    return 0


@app.command
def records(dataset: str, *, purpose: str, after: str = "", url: str = URL, credential: Path = CREDENTIAL) -> int:
    """Print rows of a dataset, one a line, and last {"after": the place to read on from}.

    Examples:

        border share agency records CROSSINGS --purpose STOLEN_VEHICLE

    Parameters
    ----------
    dataset
        CROSSINGS, ALERTS or FINDS.
    purpose
        one of the agreement's purposes.
    after
        place that an earlier call ended with.
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    """
    with answered(url, credential) as client:
        while True:
            page = client.records(dataset, purpose, after)
            for row in page["rows"]:
                show(row)
            after = page["after"]
            if page["is_last"]:
                break
        show({"after": after})
    return 0


@app.command
def ask(
    day: str,
    *plates: str,
    purpose: str,
    case: str,
    legal_basis: str,
    url: str = URL,
    credential: Path = CREDENTIAL,
    whole_day: Flag = False,
) -> int:
    """Ask whether plates crossed on a UTC day, blinded: the service does not see which plates were asked.

    It sees for each a bucket of at least 64 of the day's crossings. Whoever asks for one plate on several days gives
    more away; --whole-day gives nothing.

    Examples:

        border share agency ask 2026-11-30 TST0001 --purpose STOLEN_VEHICLE --case C1 --legal-basis "order 7"

    Parameters
    ----------
    day
        for instance 2026-11-30.
    plates
        plates; each is one question of the day's limit.
    purpose
        one of the agreement's purposes.
    case
        the agency's case number.
    legal_basis
        law or order that allows it.
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    whole_day
        fetch all of the day's sealed crossings, a few megabytes, so that the service does not see even a bucket.
    """
    with answered(url, credential) as client:
        found = client.ask(case_of(purpose, case, legal_basis), day, list(plates), whole_day)
        for plate, crossings in found.items():
            show({"plate": plate, "day": day, "crossings": crossings})
    return 0


@app.command
def plate(
    record: str | None = None,
    *,
    request: str | None = None,
    purpose: str = "",
    case: str = "",
    legal_basis: str = "",
    url: str = URL,
    credential: Path = CREDENTIAL,
) -> int:
    """Ask for the plate behind a record; a person of the other side decides. The id alone shows what became of it.

    Examples:

        border share agency plate 9b1d… --purpose ARMS_TRAFFICKING --case C2 --legal-basis "order 8"
        border share agency plate --request 5d0c…

    Parameters
    ----------
    record
        name under which it was told.
    request
        id of an earlier request, to see what became of it.
    purpose
        one of the agreement's purposes.
    case
        the agency's case number.
    legal_basis
        law or order that allows it.
    url
        address of the sharing service, https unless it is this machine.
    credential
        file that holds AGENCY:secret.
    """
    with answered(url, credential) as client:
        if (record is None) == (request is None):
            raise UserError("give a record to ask for, or --request and the id of what was asked")
        if record is not None:
            show(client.reidentify(case_of(purpose, case, legal_basis), record))
        elif request is not None:
            show(client.reidentified(request))
    return 0
