"""From what is known of a purchaser to the reasons of a suggestion, and to the suggestion of one link.

| reason | holds if |
|---|---|
| SHORT_TIMES_TO_CRIME | the product of likelihood ratios of all traces is 100 or more on the day of the look |
| that and MULTIPLE_SALE | it is 10 or more, and two firearms or more were bought within five consecutive business |
| | days, of which one was recovered within SHORT_DAYS |

ATF takes multiple sales with short times to crime for an indicator of trafficking; the numbers are ours and stand in
`time_to_crime.py`. A suggestion needs a live link besides: nothing ties a purchaser to a plate but what an authority
states.
"""

from bisect import bisect_left
from hashlib import blake2b
from typing import Final

import msgspec

from schemas.records import OperatingMode, Suggestion, SuggestionReason, SuggestionReasonKind, SuggestionState
from streams.core.traces.business_days import BUSINESS_DAYS, date_text, positions_of
from streams.core.traces.state import Linked, Purchaser, Told, Traced
from streams.core.traces.time_to_crime import (
    LOG_RATIO_ALONE,
    LOG_RATIO_WITH_MULTIPLE_SALE,
    RATIO_ALONE,
    RATIO_WITH_MULTIPLE_SALE,
    SHORT_DAYS,
    class_of,
    log_ratio_of,
)

# Fewest firearms of a multiple sale: 18 U.S.C. 923(g)(3)(A).
MULTIPLE: Final = 2

# Bytes of a suggestion's id and of a digest of what it said: two of a million do not meet.
DIGEST_BYTES: Final = 12

_ENCODER: Final = msgspec.msgpack.Encoder()


def reasons_of(purchaser: Purchaser, seen_until: int) -> tuple[SuggestionReason, ...]:
    """Reasons to suggest this purchaser's plates on a day up to which recoveries are known; none if they do not
    suffice. What was recovered since counts later."""
    counted = [traced for traced in purchaser.traces if traced.counts and traced.recovered_day <= seen_until]
    log_ratio = log_ratio_of([(traced.purchased_day, traced.recovered_day) for traced in counted], seen_until)
    if log_ratio < LOG_RATIO_WITH_MULTIPLE_SALE:
        return ()
    sale = multiple_sale_of(purchaser, counted)
    if log_ratio < LOG_RATIO_ALONE and sale is None:
        return ()
    short = [traced for traced in counted if is_short(traced)]
    # The ratio itself moves with every day; what is said must not, or each look would revise the suggestion.
    ratio = RATIO_WITH_MULTIPLE_SALE if log_ratio < LOG_RATIO_ALONE else RATIO_ALONE
    times = SuggestionReason(
        kind=SuggestionReasonKind.SHORT_TIMES_TO_CRIME,
        explanation=(
            f"{len(short)} of {len(counted)} traced firearms were recovered within {SHORT_DAYS} days of their first "
            f"retail purchase; the times of all are at least {ratio} times as likely under the law assumed for straw "
            "purchases as under the national one, both cut off at what can be seen by now"
        ),
        evidence_ids=tuple([traced.trace_id for traced in short]),
    )
    return (times,) if sale is None else (times, sale)


def is_short(traced: Traced) -> bool:
    """Whether a gun was recovered within SHORT_DAYS."""
    return class_of(traced.recovered_day - traced.purchased_day) == 0


def multiple_sale_of(purchaser: Purchaser, counted: list[Traced]) -> SuggestionReason | None:
    """The largest multiple sale of which a gun was recovered soon, the earliest of equals; None if there is none.

    A traced gun may be one of those reported, so of a day the larger number counts, never the sum of the two.
    """
    traced_on, reported_on, short_on = dict[int, int](), dict[int, int](), dict[int, int]()
    for traced in counted:
        traced_on[traced.purchased_day] = traced_on.get(traced.purchased_day, 0) + 1
        if is_short(traced):
            short_on[traced.purchased_day] = short_on.get(traced.purchased_day, 0) + 1
    for report in purchaser.reports:
        for day, count in report.sales:
            reported_on[day] = reported_on.get(day, 0) + count
    days = sorted(traced_on.keys() | reported_on.keys())
    positions = positions_of(days)
    best: tuple[int, int, list[int]] | None = None
    for at, position in enumerate(positions):
        window = days[at : bisect_left(positions, position + BUSINESS_DAYS)]
        bought = sum([max(traced_on.get(day, 0), reported_on.get(day, 0)) for day in window])
        short = sum([short_on.get(day, 0) for day in window])
        if bought >= MULTIPLE and short and (best is None or bought > best[0]):
            best = bought, short, window
    if best is None:
        return None
    bought, short, window = best
    within = frozenset(window)
    return SuggestionReason(
        kind=SuggestionReasonKind.MULTIPLE_SALE,
        explanation=(
            f"{bought} firearms bought within {BUSINESS_DAYS} consecutive business days from {date_text(window[0])}, "
            f"{short} of them recovered within {SHORT_DAYS} days"
        ),
        evidence_ids=tuple(
            [report.report_id for report in purchaser.reports if any(day in within for day, _ in report.sales)]
            + [traced.trace_id for traced in counted if traced.purchased_day in within]
        ),
    )


def suggestion_id_of(mode: OperatingMode, link: Linked) -> str:
    """The id of a link's suggestion: the one it was first told under, though its case or plate was corrected since.

    It is of what the suggestion says itself and of nothing else: numbers of purchasers are few enough to try them all,
    so one that is hashed with the rest could be read out of the id. Two authorities may give two links one id, so their
    cases and plates are in it.
    """
    if link.told is not None:
        return link.told.suggestion_id
    said = str(mode), link.source, link.case_number, link.link_id, link.plate, link.jurisdiction
    return blake2b(_ENCODER.encode(said), digest_size=DIGEST_BYTES).hexdigest()


def digest_of(link: Linked, reasons: tuple[SuggestionReason, ...]) -> bytes:
    """What a suggestion says, its revision and time aside: as long as it is the same, nothing is written."""
    said = (
        link.plate,
        link.jurisdiction,
        link.source,
        link.case_number,
        link.legal_basis,
        link.valid_until_at,
        reasons,
    )
    return blake2b(_ENCODER.encode(said), digest_size=DIGEST_BYTES).digest()


def suggestion_of(
    mode: OperatingMode, link: Linked, told: Told, reasons: tuple[SuggestionReason, ...], at: int
) -> Suggestion:
    """The suggestion of a link; withdrawn if there are no reasons."""
    return Suggestion(
        suggestion_id=told.suggestion_id,
        revision=told.revision,
        state=SuggestionState.SUGGESTED if reasons else SuggestionState.WITHDRAWN,
        operating_mode=mode,
        plate=link.plate,
        jurisdiction=link.jurisdiction,
        reasons=reasons,
        link_id=link.link_id,
        source=link.source,
        case_number=link.case_number,
        legal_basis=link.legal_basis,
        valid_until_at=link.valid_until_at,
        suggested_at=at,
    )
