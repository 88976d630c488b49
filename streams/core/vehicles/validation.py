"""What the vehicles stage refuses: a record that would corrupt state or overflow a bound becomes a dead letter."""

import math
import re
from typing import Final

import msgspec

from schemas.records import (
    ChangeKind,
    OperatingMode,
    Passage,
    PassageState,
    ReferenceChange,
    WatchlistEntry,
    WatchlistSuppression,
)
from streams.core.people import are_two_people
from streams.core.plates import key_of
from streams.core.rule_set import RULE_SET_BYTES_MAX, RuleSet, parse_rule_set
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_time

# 1900: an entry that is valid since ever may say so, and 64 bits hold the time.
VALID_FROM_MIN: Final = -2_208_988_800_000_000

# Control characters, ends of lines, halves of characters, and what turns text around: an officer must see what stands
# there, in a terminal too; and an end of a line within a text is most often a quotation mark that nobody closed.
UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# No road vehicle weighs more (heaviest permitted combinations are about 65 t).
WEIGHT_KG_MAX: Final = 200_000.0

# A scale further off is broken; the lanes stage never says more than a tenth.
SCALE_BIAS_MAX: Final = 0.5

# A passage rests on about six readings; hundreds are a fault upstream and would make each alert as long.
READINGS_MAX: Final = 256


def check_passage(passage: Passage, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value`."""
    plate = passage.plate
    expected = key_of(plate, passage.passage_id)
    if passage.plate_key != expected or key != expected.encode():
        raise Rejected("wrong_key", "the record's key, its plate_key and its folded plate are not the same")
    if passage.state is PassageState.UNKNOWN or passage.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "state or operating_mode is UNKNOWN")
    if passage.revision < 1 or passage.passage_number < 0:
        raise Rejected("impossible_value", "revision must be at least 1 and passage_number at least 0")
    if not 0 < len(passage.passage_id) <= ID_LENGTH_MAX or len(passage.lane_id) > ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"passage_id and lane_id must have 1 to {ID_LENGTH_MAX} characters")
    if len(passage.readings) > READINGS_MAX or len(passage.images) > READINGS_MAX:
        raise Rejected("impossible_value", f"more than {READINGS_MAX} readings or images")
    for name, at in (("watermark_at", passage.watermark_at), ("at_light_received_at", passage.at_light_received_at)):
        check_time(name, at)
    for name, weight_kg in (
        ("gross_weight_kg", passage.gross_weight_kg),
        ("declared_load_kg", passage.declared_load_kg),
    ):
        # A comparison with NaN is false, so NaN is refused too.
        if weight_kg is not None and not 0.0 <= weight_kg <= WEIGHT_KG_MAX:
            raise Rejected("impossible_value", f"{name} must lie in 0 to {WEIGHT_KG_MAX:.0f}")
    if passage.scale_bias_ratio is not None and not abs(passage.scale_bias_ratio) <= SCALE_BIAS_MAX:
        raise Rejected("impossible_value", f"scale_bias_ratio must lie within {SCALE_BIAS_MAX} of 0")
    for load_kg in passage.axle_loads_kg:
        if not 0.0 <= load_kg <= WEIGHT_KG_MAX:
            raise Rejected("impossible_value", f"an axle load must lie in 0 to {WEIGHT_KG_MAX:.0f}")
    for candidate in passage.plate_candidates:
        if not 0.0 <= candidate.confidence <= 1.0:
            raise Rejected("impossible_value", "a candidate's confidence must lie in 0 to 1")
    if not math.isfinite(passage.join_probability):
        raise Rejected("impossible_value", "join_probability must be finite")


def check_change(change: ReferenceChange) -> RuleSet | None:
    """The rule set of a RULE_SET change, None for the others. Raises Rejected `impossible_value` if incomplete."""
    if change.kind is ChangeKind.WATCHLIST_ADD:
        check_entry(change.watchlist_entry)
        return None
    if change.kind is ChangeKind.WATCHLIST_REMOVE:
        if not change.watchlist_entry_id:
            raise Rejected("impossible_value", "WATCHLIST_REMOVE needs watchlist_entry_id")
        return None
    if change.kind is ChangeKind.WATCHLIST_SUPPRESS:
        check_suppression(change.watchlist_suppression)
        return None
    if change.kind is ChangeKind.WATCHLIST_UNSUPPRESS:
        if not change.watchlist_suppression_id:
            raise Rejected("impossible_value", "WATCHLIST_UNSUPPRESS needs watchlist_suppression_id")
        return None
    if change.kind is ChangeKind.RULE_SET:
        if change.rule_set_text is None:
            raise Rejected("impossible_value", "RULE_SET needs rule_set_text")
        try:
            rules = parse_rule_set(change.rule_set_text)
        except ValueError as error:
            raise Rejected("impossible_value", str(error)) from error
        if not are_two_people(change.changed_by, change.approved_by):
            raise Rejected("impossible_value", "a rule set must be approved by a second person")
        if rules.version != change.rule_set_version:
            raise Rejected("impossible_value", "rule_set_version is not the version in rule_set_text")
        return rules
    raise Rejected("unknown_change", "this kind of reference change is not known")


def check_entry(entry: WatchlistEntry | None) -> None:
    """Raises Rejected `impossible_value` if an entry is missing, never valid or entered by one person alone."""
    if entry is None or not 0 < len(entry.entry_id) <= ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"WATCHLIST_ADD needs an entry with an id of at most {ID_LENGTH_MAX}")
    if not VALID_FROM_MIN <= entry.valid_from_at < entry.valid_until_at:
        raise Rejected("impossible_value", "valid_from_at must be before valid_until_at, and not before 1900")
    if not entry.audience.split():  # nobody would be told of a hit
        raise Rejected("impossible_value", "an entry needs an audience")
    _check_listed(entry)


def check_suppression(suppression: WatchlistSuppression | None) -> None:
    """Raises Rejected `impossible_value` if a suppression is missing, gives no reason or is one person's alone."""
    if suppression is None or not 0 < len(suppression.suppression_id) <= ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"WATCHLIST_SUPPRESS needs an id of at most {ID_LENGTH_MAX}")
    if not suppression.reason:
        raise Rejected("impossible_value", "a suppression needs a reason")
    _check_listed(suppression)


def _check_listed(listed: WatchlistEntry | WatchlistSuppression) -> None:
    """What entries and suppressions need alike."""
    for name in listed.__struct_fields__:
        text = getattr(listed, name)
        if isinstance(text, str) and not text.isprintable() and UNSEEN.search(text):
            raise Rejected("impossible_value", f"{name} holds an end of a line or a control character")
    if len(msgspec.msgpack.encode(listed)) > RULE_SET_BYTES_MAX:
        raise Rejected("impossible_value", f"an entry has at most {RULE_SET_BYTES_MAX} bytes")
    check_time("valid_until_at", listed.valid_until_at)
    if key_of(listed.plate, "") == key_of(None, ""):
        raise Rejected("impossible_value", "an entry needs a plate with a letter or digit")
    if not are_two_people(listed.entered_by, listed.approved_by):
        raise Rejected("impossible_value", "an entry must be approved by a second person")
