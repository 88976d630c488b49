"""Whether two vehicles travel together: a sequential test over the crossings that both histories hold.

Counting how often two plates meet finds everybody who drives to work at the same hour. So only what discriminates is
weighed: given that both crossed one port within the hour, how far apart were they?

    H0, strangers       spread over the hour; or, as far as both are creatures of habit here at this time of day,
                        heaped as two people are who aim at the same minutes
    H1, companions      mostly within a minute or three

Each joint crossing adds the log of P(gap | H1) / P(gap | H0): crossing together adds, crossing in the same hour apart
takes away, an hour in which only one of them came says nothing. Another port or an unusual hour adds more, since no
habit explains it. How much of a habit a crossing is comes from the plate's own crossings before it, so the ratio is a
likelihood ratio whose expectation under H0 is at most 1 at every step.

The first meeting only opens a test: the pair is looked at because it met. A sum that falls to 0 closes it, and the next
meeting opens another (Page's CUSUM), so strangers of long standing who begin to travel together are found as soon as
others. By Ville's inequality a test of strangers reaches ln(A) with a probability of at most 1/A, however often it is
looked at; THRESHOLD follows from that and from the number of tests.

What it cannot find: two who cross in the same hours by habit, apart, and travel together once in a while. What it
promises nothing for: habits narrower than HABIT_NEAR assumes. Of 100 commuters who all aim at one minute with a spread
of 4 minutes 11 pairs of strangers were taken for companions in 45,000 meetings; with 7 and 10 minutes none.
"""

import math
from typing import Final

from schemas.records import Crossing
from streams.core.vehicle_history import DAY_SECONDS, SECOND

# Gaps at the light, in seconds, of the two classes of a meeting: the next car or the next lane; within one change of a
# queue. More than that is apart.
NEAR_SECONDS: Final = 60
TOGETHER_SECONDS: Final = 180

# Two crossings of a port are compared if they lie within this.
JOINT_SECONDS: Final = 3600

# Companions cross near, close, apart [assumed: no published figures]. They queue together, in neighbouring lanes if not
# in one; apart is who stopped for fuel or was sent to secondary.
COMPANIONS_NEAR: Final = 0.50
COMPANIONS_CLOSE: Final = 0.35
COMPANIONS_APART: Final = 1.0 - COMPANIONS_NEAR - COMPANIONS_CLOSE

# Strangers without a habit: uniform over the hour on either side. 60 s of 3,600 s, and the 120 s after them.
UNIFORM_NEAR: Final = NEAR_SECONDS / JOINT_SECONDS
UNIFORM_CLOSE: Final = (TOGETHER_SECONDS - NEAR_SECONDS) / JOINT_SECONDS

# Strangers who aim at the same minute, each with a spread of 7 minutes [assumed; the queues alone vary by more], so
# that their gap is normal with a sigma of 9.9 minutes: P(gap <= 1 min) = 0.080, P(gap <= 3 min) = 0.238. A wider spread
# makes the test conservative. Who always crosses within a minute or two of another cannot be told from company.
HABIT_NEAR: Final = 0.080
HABIT_CLOSE: Final = 0.238 - HABIT_NEAR

# A crossing is of a habit if the plate crossed this port at about this time of day before. An hour for the change of
# daylight saving time, which no clock here knows of, and half an hour for the habit's own spread.
HABIT_SECONDS: Final = 90 * 60

# Of all pairs of vehicles that come often, at most about 2 million meet a day: 100,000 such crossings (half of the
# 210,000 cars a day on all ports, BTS 2024; the share is assumed) by the 20 neighbours that one has on average within
# three minutes. Ten false pairs a day, each remembered for four weeks, are 1 % of the 25,000 true ones that there are
# if one in twenty of a million regulars has a regular companion [assumed]. ln(2,000,000 / 10).
THRESHOLD: Final = math.log(200_000.0)

# A joint crossing adds at most ln(0.50 * 60), and the first adds nothing: with fewer crossings before, a plate reaches
# THRESHOLD with nobody, so its crossings need not be looked at.
EARLIER_MIN: Final = math.ceil(THRESHOLD / math.log(COMPANIONS_NEAR / UNIFORM_NEAR))

# How long two vehicles count as companions after they last crossed together, and a companion's hit after it: families
# cross every week or two, and a courier's partner changes within weeks [assumed].
COMPANY_SECONDS: Final = 28 * DAY_SECONDS


class Traveller:
    """A vehicle at one crossing with all that led there: where and when it crossed, oldest first, this one last.

    `habits` says for each crossing how much it is one of a habit, 0 to 1.
    """

    def __init__(self, crossing: Crossing) -> None:
        self.crossing = crossing
        self.at_s = crossing.crossed_at // SECOND
        self.times = [at // SECOND for at in crossing.earlier_at]
        self.times.append(self.at_s)
        self.ports = [*crossing.earlier_port_codes, crossing.port_code]
        self.habits = habits_of(self.times, self.ports)


def habits_of(times: list[int], ports: list[str]) -> list[float]:
    """For each crossing the chance that it is one of a habit: (k + 1) / (n + 2), the rule of succession.

    Of the n crossings before it k were at this port at about this time of day.
    """
    habits = []
    for number, at_s in enumerate(times):
        alike, port = 0, ports[number]
        for before in range(number):
            if ports[before] == port:
                apart = (at_s - times[before]) % DAY_SECONDS
                if apart <= HABIT_SECONDS or apart >= DAY_SECONDS - HABIT_SECONDS:
                    alike += 1
        habits.append((alike + 1) / (number + 2))
    return habits


class Company:
    """What two histories say. `log_likelihood_ratio` is 0 and `joint_crossings` 0 while no test is open."""

    def __init__(self) -> None:
        self.log_likelihood_ratio = 0.0
        self.joint_crossings = 0

    @property
    def established(self) -> bool:
        """Whether they travel together, as far as the test can say."""
        return self.log_likelihood_ratio >= THRESHOLD

    def add(self, gap_s: int, habit: float) -> None:
        """Take in one hour in which both crossed one port; `habit` is how much of a habit that hour is for both."""
        near = UNIFORM_NEAR + habit * (HABIT_NEAR - UNIFORM_NEAR)
        close = UNIFORM_CLOSE + habit * (HABIT_CLOSE - UNIFORM_CLOSE)
        together = gap_s <= TOGETHER_SECONDS
        if self.joint_crossings:
            if not together:
                ratio = COMPANIONS_APART / (1.0 - near - close)
            else:
                ratio = COMPANIONS_NEAR / near if gap_s <= NEAR_SECONDS else COMPANIONS_CLOSE / close
            self.log_likelihood_ratio += math.log(ratio)
        if together:
            self.joint_crossings += 1
        elif self.log_likelihood_ratio <= 0.0:
            self.log_likelihood_ratio, self.joint_crossings = 0.0, 0


def company_of(one: Traveller, other: Traveller) -> Company:
    """The test of a pair over both histories; the same whichever of the two is named first."""
    company, i, j = Company(), 0, 0
    one_times, other_times = one.times, other.times
    one_end, other_end = len(one_times), len(other_times)
    while i < one_end and j < other_end:
        gap_s = other_times[j] - one_times[i]
        # The earlier of the two meets the later, unless it crossed again before that.
        if gap_s > JOINT_SECONDS or (gap_s > 0 and i + 1 < one_end and one_times[i + 1] <= other_times[j]):
            i += 1
            continue
        if -gap_s > JOINT_SECONDS or (gap_s < 0 and j + 1 < other_end and other_times[j + 1] <= one_times[i]):
            j += 1
            continue
        if one.ports[i] == other.ports[j]:
            # A habit of both: who comes at any hour meets a creature of habit as often as anyone else does.
            company.add(abs(gap_s), min(one.habits[i], other.habits[j]))
        i += 1
        j += 1
    return company
