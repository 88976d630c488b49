"""`border confirm` reaches the log, and `border watchlist hits` tells how many hits were misreads."""

import msgspec
import orjson
import pytest

from deploy.cli import main
from deploy.hit_figures import HitFigures
from deploy.local.platform import LocalPlatform
from deploy.officer_records import now
from producers.publisher import Publisher
from schemas.records import HitConfirmation, HitConfirmationReason, OperatingMode, Outcome
from schemas.topics import OUTCOMES
from streams.core.estimates.intervals import proportion
from tests.core.estimates.builders import red, with_evidence
from tests.deploy.test_officers_commands import written

NOWHERE = ["--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]
MISREAD = {"hit_confirmed": False, "hit_confirmation_reason": HitConfirmationReason.MISREAD}
CONFIRMED = {"hit_confirmed": True, "hit_confirmation_reason": HitConfirmationReason.SEEN_ON_VEHICLE}


def hit(number: int, name: str = "watchlist_exact", **fields: object) -> Outcome:
    return msgspec.structs.replace(with_evidence(red(number), name, "gross_weight"), **fields)


def test_hits_are_counted_by_match_and_world_with_the_share_of_misreads() -> None:
    figures = HitFigures(0)
    for one in (
        hit(1, **CONFIRMED),
        hit(2, **MISREAD),
        hit(2, revision=2, hit_confirmed=False, hit_confirmation_reason=HitConfirmationReason.OTHER_ISSUER),
        hit(2, **MISREAD),  # delivered again, and older
        hit(3, "watchlist_near", **MISREAD),
        hit(4),
        hit(5, "gross_weight", **CONFIRMED),  # it met the list after its light
        hit(6, "gross_weight"),
        hit(7, operating_mode=OperatingMode.SIMULATED),
        hit(8),
        red(8, revision=2),  # it stopped again, and read otherwise
    ):
        figures.see(one)
    rows = {(row["operating_mode"], row["match"]): row for row in figures.rows()}
    assert list(rows) == [
        ("OPERATIONAL", "exact"),
        ("OPERATIONAL", "later"),
        ("OPERATIONAL", "near"),
        ("SIMULATED", "exact"),
    ]
    exact = rows["OPERATIONAL", "exact"]
    assert (exact["hits"], exact["confirmed"], exact["rejected"], exact["no_word"]) == (3, 1, {"OTHER_ISSUER": 1}, 1)
    assert exact["misread_share"]["seen"] == 0.0
    near, few = rows["OPERATIONAL", "near"]["misread_share"], proportion(1, 1)
    assert near == {"seen": 1.0, "low": few.low, "high": few.high}
    assert rows["SIMULATED", "exact"]["misread_share"] == {"seen": None, "low": 0.0, "high": 1.0}


def test_older_outcomes_are_left_out() -> None:
    figures = HitFigures(hit(1).closed_at + 1)
    figures.see(hit(1, **CONFIRMED))
    assert figures.rows() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reason", "misread"], "either --confirmed or --rejected"),
        (["--reason", "misread", "--confirmed", "--rejected"], "either --confirmed or --rejected"),
        (["--reason", "misread", "--confirmed"], "MISREAD is no reason to confirm"),
        (["--reason", "seen-on-vehicle", "--rejected"], "SEEN_ON_VEHICLE is no reason to reject"),
        (["--reason", "unknown", "--rejected"], "needs a reason"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["confirm", "2301/03/7", "--by", "4711", *options, *NOWHERE]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.integration
def test_a_word_is_told_and_the_figures_are_shown(platform: LocalPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--broker", platform.broker, "--registry-url", platform.registry_url]
    assert main(["confirm", "2302/94/7", "--rejected", "--reason", "other-issuer", "--by", "4711", *at]) == 0
    (said,) = written(platform, "2302/94/7")
    assert isinstance(said, HitConfirmation)
    assert (said.confirmed, said.reason, said.officer_id) == (False, HitConfirmationReason.OTHER_ISSUER, "4711")
    with Publisher(platform.broker, platform.codec, OUTCOMES) as publisher:
        publisher.publish(hit(94, closed_at=now(), operating_mode=OperatingMode.TRAINING, **MISREAD))
    capsys.readouterr()
    assert main(["watchlist", "hits", "--days", "1", "--json", *at]) == 0
    (row,) = [r for r in orjson.loads(capsys.readouterr().out)["hits"] if r["operating_mode"] == "TRAINING"]
    assert (row["hits"], row["rejected"]) == (1, {"MISREAD": 1})
    assert main(["watchlist", "hits", "--days", "1", *at]) == 0
    assert "TRAINING" in capsys.readouterr().out
