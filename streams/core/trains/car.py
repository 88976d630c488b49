"""One car as cut from a pass, with what was read of it."""

from collections.abc import Sequence
from typing import Final

from schemas.records import EquipmentKind, TagSide
from streams.core.trains.alignment import Evidence
from streams.core.trains.state import Scanned, Tag, Weighed

# Two coupled cars have so many axles at least: those of two axles left North America's interchange [assumed].
AXLES_OF_TWO: Final = 8

# What has wheels on the rail.
ROLLING: Final = frozenset({EquipmentKind.CAR, EquipmentKind.LOCOMOTIVE})

# A bit per side on which a tag may be mounted.
SIDES: Final = {TagSide.LEFT: 1, TagSide.RIGHT: 2, TagSide.UNKNOWN: 4}


class Car:
    """One car as cut. `firm`: weighed, no other weighing says otherwise, and of three axles at least; `exact`: where it
    begins and ends is certain; `sure`: and none of its tags says another number of axles; `blank`: nothing but axles is
    known of it. `claims`: identities of checked tags, with a bit per side that says so; `carried`: those of tags of no
    railway kind on a car that has its own, which are containers or trailers that it carries."""

    def __init__(self, first: int, last: int, firm: bool, exact: bool, blank: bool = False) -> None:
        self.first = first
        self.last = last
        self.firm = firm
        self.exact = exact
        self.sure = exact
        self.blank = blank
        self.tags: list[Tag] = []
        self.weighings: list[Weighed] = []
        self.scans: list[Scanned] = []
        self.claims: dict[str, int] = {}
        self.carried: set[str] = set()
        self.kinds: set[EquipmentKind] = set()
        self.evidence: Evidence | None = None

    @property
    def axles(self) -> int:
        """How many it has."""
        return self.last - self.first + 1

    def is_cut_as(self, other: "Car") -> bool:
        """Whether it is another cut of the same."""
        return (
            self.first == other.first
            and self.last == other.last
            and self.firm is other.firm
            and self.exact is other.exact
            and self.blank is other.blank
        )

    def with_tags(self, tags: Sequence[Tag]) -> None:
        """Set its tags, in order of axle and id, and what they claim."""
        self.tags = list(tags)
        self.claims = {}
        self.carried = set()
        self.kinds = set()
        self.evidence = None
        self.sure = self.exact
        own = {tag.identity for tag in tags if tag.checked and tag.kind in ROLLING}
        for tag in tags:
            if tag.kind is EquipmentKind.END_OF_TRAIN_DEVICE:
                continue  # it hangs on the last car's coupler and has no axles
            if own and tag.kind is EquipmentKind.UNKNOWN and tag.identity not in own:
                self.carried.update([tag.identity] if tag.checked else ())
            elif tag.checked:
                self.kinds.add(tag.kind)
                self.claims[tag.identity] = self.claims.get(tag.identity, 0) | SIDES[tag.side]
                if tag.axles != self.axles:
                    self.sure = False


class Change:
    """What a reading changed: cars from `place` on, of which there were `removed`, are `made` now; `touched` are the
    places of all cars that look different, in order."""

    def __init__(self, place: int, removed: int, made: int, touched: list[int]) -> None:
        self.place = place
        self.removed = removed
        self.made = made
        self.touched = touched
