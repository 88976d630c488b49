"""Suggestions for the watchlist as they stand in the log, and the entry that two people make of one."""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.watchlist_held import values_held
from schemas.records import ListKind, OperatingMode, Suggestion, SuggestionState, WatchlistEntry
from schemas.topics import SUGGESTIONS
from streams.console.log_reader import LogReader
from streams.core.stage import Rejected
from streams.core.vehicles.validation import check_entry
from streams.core.vehicles.watchlist import PREFIX

# What the officer reads; the evidence stays with those who may see it.
REASON: Final = "linked to a purchaser of traced firearms; confirm the plate against the image"


class State(StrEnum):
    """What has become of a suggestion."""

    BASELESS = "withdrawn: remove the entry"
    CHANGED = "changed since: accept it anew"
    OPEN = "open"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Standing:
    """A suggestion at its last revision, and what has become of it."""

    suggestion: Suggestion
    standing: State


def read_suggestions(connection: Connection) -> dict[str, Suggestion]:
    """The last word on each suggestion, by id."""
    found: dict[str, Suggestion] = {}
    topics = [SUGGESTIONS.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, Suggestion):
                found[value.suggestion_id] = value
    return found


def standing_suggestions(connection: Connection) -> list[Standing]:
    """All suggestions with what has become of them; what a person has to do comes first."""
    entries = {entry.entry_id: entry for entry in values_held(connection, PREFIX, WatchlistEntry)}
    now_at, order = time.time_ns() // 1_000, list(State)
    found = [
        Standing(one, state_of(one, entries.get(one.suggestion_id), now_at))
        for one in read_suggestions(connection).values()
    ]
    return sorted(found, key=lambda one: (order.index(one.standing), one.suggestion.suggestion_id))


def entry_of(suggestion: Suggestion, by: str, approved_by: str, priority: int, audience: str) -> WatchlistEntry:
    """The watchlist entry of a suggestion, from now on to the end of its link, under the suggestion's id.

    A drill's becomes a TEST entry, which no real vehicle meets. Raises UserError for one that no longer stands, and if
    not two people make it.
    """
    now = time.time_ns() // 1_000
    if suggestion.state is not SuggestionState.SUGGESTED:
        raise UserError(f"{suggestion.suggestion_id} was withdrawn: its reasons or its link are gone")
    if suggestion.valid_until_at <= now:
        raise UserError(f"the link of {suggestion.suggestion_id} has ended; it must be renewed first")
    real = suggestion.operating_mode is OperatingMode.OPERATIONAL
    entry = WatchlistEntry(
        entry_id=suggestion.suggestion_id,
        plate=suggestion.plate,
        jurisdiction=suggestion.jurisdiction,
        list_kind=ListKind.STRAW_PURCHASER_LINKED if real else ListKind.TEST,
        reason=REASON,
        legal_basis=suggestion.legal_basis,
        case_number=suggestion.case_number,
        priority=priority,
        audience=audience,
        valid_from_at=now,
        valid_until_at=suggestion.valid_until_at,
        entered_by=by,
        approved_by=approved_by,
    )
    try:
        check_entry(entry)
    except Rejected as error:
        raise UserError(str(error)) from error
    return entry


def state_of(suggestion: Suggestion, entry: WatchlistEntry | None, now_at: int) -> State:
    """What has become of a suggestion, by the entry that was made of it, if there is one."""
    stands = suggestion.state is SuggestionState.SUGGESTED
    if entry is not None and entry.valid_until_at > now_at:
        if not stands:
            return State.BASELESS
        same = (entry.plate, entry.jurisdiction, entry.legal_basis, entry.case_number, entry.valid_until_at) == (
            suggestion.plate,
            suggestion.jurisdiction,
            suggestion.legal_basis,
            suggestion.case_number,
            suggestion.valid_until_at,
        )
        return State.ACCEPTED if same else State.CHANGED
    if not stands:
        return State.WITHDRAWN
    return State.OPEN if suggestion.valid_until_at > now_at else State.EXPIRED
