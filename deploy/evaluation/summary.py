"""All runs together, as one JSON object: mean over runs, the worst world, and every figure with its interval.

Lift, precision and recall are means over runs, every world with as many seeds. By kind of load, what is found and what
there was is summed first: a world has a handful of loads of 20 guns.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from deploy.evaluation.fairness import disparities_of, fairness_of
from deploy.evaluation.figures import ALL, FULL, GROUP, SINGLE_GUN_FIRST_TIMERS
from deploy.evaluation.judged import LOADS
from deploy.evaluation.metrics import RED_SHARES, RELIABILITY_CUTS, Floats
from deploy.evaluation.pooling import Pool, apart, rounded
from deploy.evaluation.run import Run

SHARES: Final = tuple(f"{share:.2f}" for share in RED_SHARES)
TENTH: Final = RED_SHARES.index(0.10)
SINGLE_GUN_NOTE: Final = (
    "A first-timer with one gun does nothing that others do not do, and 3.4 kg are lost in what people and shopping "
    "weigh: no score can find it but by chance or a list, so about the random rate is the most to be expected. What a "
    "score spends on those who come again it takes from them; they are what the random arm is for."
)

NOT_EVALUATED: Final = {
    "company": "Evidence of company (who keeps crossing with whom) is no part of these figures: it rests on neighbours "
    "in a queue, and thinned traffic has none. It is measured by itself: python -m tests.core.convoys.measure"
}


class Runs:
    """Figures of all runs side by side, and which of them are of one world."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.pool = Pool([run.world_seed for run in runs])
        self.kinds = sorted({kind for run in runs for kind in run.figures.kinds})

    def column(self, name: str) -> Floats:
        """One of the figures that are a number, by run and replicate."""
        return np.array([getattr(run.figures, name) for run in self.runs])

    def loaded(self, kind: str = ALL) -> Floats:
        """Weight of the loaded passages of a kind, by run and replicate."""
        return np.array([of_kind(run, run.figures.loaded, kind) for run in self.runs])

    def found(self, ranking: str, share: int, kind: str = ALL) -> Floats:
        """Weight of those that a ranking finds."""
        return np.array([of_kind(run, run.figures.found[ranking][:, :, share], kind) for run in self.runs])

    def lift(self, ranking: str, share: int) -> Floats:
        """Recall over the share of red, which is the recall of the random arm: one number by run and replicate."""
        return np.asarray(self.found(ranking, share) / self.loaded() / RED_SHARES[share])

    def precision(self, ranking: str, share: int) -> Floats:
        """Loaded passages among the red ones."""
        return np.asarray(self.found(ranking, share) / (RED_SHARES[share] * self.column("traffic")))

    def reds_a_day(self, reds: Floats) -> Floats:
        """Of a world."""
        return np.asarray(reds / np.array([run.days_judged for run in self.runs])[:, None])


def of_kind(run: Run, values: Floats, kind: str) -> Floats:
    """A column of a kind; a run that had none of it found none."""
    kinds = run.figures.kinds
    return values[:, kinds.index(kind)] if kind in kinds else np.zeros(len(values))


def plates_of(run: Run, kind: str) -> float:
    """How many different plates carried loads of a kind."""
    return float(run.figures.plates[run.figures.kinds.index(kind)]) if kind in run.figures.kinds else 0.0


def summarise(runs: Sequence[Run], inspection_minutes: float) -> dict[str, Any]:
    """Every figure of the report."""
    all_runs = Runs(runs)
    groups = [run.figures.fairness for run in runs]
    disparities, disparity_test = disparities_of(groups)
    calibration = calibration_of(all_runs)
    world_seeds = dict.fromkeys(run.world_seed for run in runs)
    worlds = [world_of([run for run in runs if run.world_seed == seed]) for seed in world_seeds]
    actors = [kind for kind in all_runs.kinds if kind not in (ALL, *LOADS, SINGLE_GUN_FIRST_TIMERS)]
    return {
        "lift_at_red": by_share(all_runs, FULL, "lift"),
        "precision_at_red": by_share(all_runs, FULL, "precision"),
        "recall_at_red": recalls(all_runs, FULL, ALL)["at_red"],
        "recall_by_load": {load: recalls(all_runs, FULL, load) for load in LOADS},
        "recall_by_actor": {actor: recalls(all_runs, FULL, actor) for actor in actors},
        "single_gun_first_timers": recalls(all_runs, FULL, SINGLE_GUN_FIRST_TIMERS) | {"note": SINGLE_GUN_NOTE},
        "baselines": {name: baseline(all_runs, name) for name in runs[0].figures.found if name != FULL},
        "calibration_slope": calibration["slope"]["value"],
        "calibration": calibration,
        "ablation": ablation(all_runs),
        "operating_point": operating_point(all_runs, inspection_minutes),
        "cost_at_red": costs(all_runs, inspection_minutes),
        "not_evaluated": NOT_EVALUATED,
        "fairness": fairness_of(groups, all_runs.pool),
        "disparities": disparities,
        "disparity_test": disparity_test,
        "worst_world": min(worlds, key=lambda world: world["lift_at_red"][SHARES[TENTH]]["value"]),
        "worlds": worlds,
        "passages": sum(run.figures.passages for run in runs),
        "traffic": rounded(float(all_runs.column("traffic")[:, 0].sum())),
        "loaded": rounded(float(all_runs.loaded()[:, 0].sum())),
        "alerts": sum(run.alerts for run in runs),
        "runs": len(runs),
        "runs_with_learned_rates": sum(run.learned for run in runs),
        "inspection_minutes": inspection_minutes,
    }


def by_share(runs: Runs, ranking: str, what: str) -> dict[str, Any]:
    """Lift or precision at every share of red, mean over runs."""
    values = getattr(runs, what)
    return {name: runs.pool.mean(values(ranking, share)).as_json() for share, name in enumerate(SHARES)}


def recalls(runs: Runs, ranking: str, kind: str) -> dict[str, Any]:
    """Recall of a kind at every share of red, and how many there were."""
    loaded, plates = runs.loaded(kind), sum(plates_of(run, kind) for run in runs.runs)
    shares = {
        name: runs.pool.ratio(runs.found(ranking, share, kind), loaded, plates).as_json()
        for share, name in enumerate(SHARES)
    }
    return {"loaded": rounded(float(loaded[:, 0].sum())), "at_red": shares}


def baseline(runs: Runs, name: str) -> dict[str, Any]:
    """A baseline's lift and recall, and by how much the full score's lift is above it, in pairs."""
    above, separate = {}, {}
    for share, label in enumerate(SHARES):
        full, other = runs.lift(FULL, share), runs.lift(name, share)
        above[label] = runs.pool.mean(full - other)
        separate[label] = apart(runs.pool.mean(full), runs.pool.mean(other))
    return {
        "lift_at_red": by_share(runs, name, "lift"),
        "recall_at_red": recalls(runs, name, ALL)["at_red"],
        "full_lift_above": {label: difference.as_json() for label, difference in above.items()},
        "intervals_apart": separate,
        "beaten": {label: difference.low > 0.0 for label, difference in above.items()},
    }


def calibration_of(runs: Runs) -> dict[str, Any]:
    """Slope and intercept, the Brier score and the reliability table."""
    fitted = runs.column("recalibration")
    score, of_base_rate = runs.column("brier").mean(axis=0)
    rows = []
    table = runs.column("reliability")
    cuts = (0.0, *RELIABILITY_CUTS, 1.0)
    for number in range(table.shape[2]):
        traffic, expected, observed = (table[:, :, number, column] for column in range(3))
        rows.append(
            {
                "from": cuts[number],
                "to": cuts[number + 1],
                "predicted": runs.pool.ratio(expected, traffic).as_json()["value"],
                "observed": runs.pool.ratio(observed, traffic).as_json(),
                "loaded": rounded(float(observed[:, 0].sum())),
            }
        )
    return {
        "slope": runs.pool.mean(fitted[:, :, 1]).as_json(),
        "intercept": runs.pool.mean(fitted[:, :, 0]).as_json(),
        "brier": rounded(float(score)),
        "brier_of_base_rate": rounded(float(of_base_rate)),
        "reliability": rows,
    }


def ablation(runs: Runs) -> dict[str, Any]:
    """Lift at 10 % red without each evidence and each group, and what is lost, most lost first."""
    full, loaded = runs.lift(FULL, TENTH), runs.loaded()
    groups = {name: group for run in runs.runs for name, group in run.figures.groups.items()}
    figures: dict[str, dict[str, Any]] = {}
    for label in sorted({label for run in runs.runs for label in run.figures.found_without}):
        without = np.array([found_without(run, label) for run in runs.runs]) / loaded / RED_SHARES[TENTH]
        figures[label] = {
            "group": groups.get(label, label.removeprefix(GROUP)),
            "lift": runs.pool.mean(without).as_json(),
            "lost": runs.pool.mean(full - without).as_json(),
        }
    return dict(sorted(figures.items(), key=lambda item: -(item[1]["lost"]["value"] or 0.0)))


def found_without(run: Run, label: str) -> Floats:
    """What is found at 10 % red without some evidence; a run that never had it lost nothing."""
    found = run.figures.found_without.get(label)
    return run.figures.found[FULL][:, run.figures.kinds.index(ALL), TENTH] if found is None else found[:, TENTH]


def operating_point(runs: Runs, inspection_minutes: float) -> dict[str, Any]:
    """What the rule set's own threshold gives, lists that must be referred included and the lot left aside."""
    red, hits, pool = runs.column("red"), runs.column("red_loaded"), runs.pool
    return {
        "red_share": pool.ratio(red, runs.column("traffic")).as_json(),
        "recall": pool.ratio(hits, runs.loaded()).as_json(),
        **cost(runs, red, hits, inspection_minutes),
    }


def costs(runs: Runs, inspection_minutes: float) -> dict[str, Any]:
    """The same at every share of red."""
    return {
        name: cost(runs, RED_SHARES[share] * runs.column("traffic"), runs.found(FULL, share), inspection_minutes)
        for share, name in enumerate(SHARES)
    }


def cost(runs: Runs, red: Floats, hits: Floats, inspection_minutes: float) -> dict[str, Any]:
    """Reds a day, seizures per 1,000 of them if an inspection finds what is there, and minutes for each seizure."""
    return {
        "reds_per_day": runs.pool.mean(runs.reds_a_day(red)).as_json(),
        "seizures_per_1000_referrals": runs.pool.ratio(1000.0 * hits, red).as_json(),
        "inspector_minutes_per_seizure": runs.pool.ratio(inspection_minutes * red, hits).as_json(),
    }


def world_of(runs: Sequence[Run]) -> dict[str, Any]:
    """One world over its seeds."""
    one = Runs(runs)
    world = runs[0].world
    return {
        "name": world.name,
        "world_seed": runs[0].world_seed,
        "seeds": [run.seed for run in runs],
        "parameters": {key: value for key, value in asdict(world).items() if key != "name"},
        "passages": sum(run.figures.passages for run in runs),
        "loaded": rounded(float(one.loaded()[:, 0].sum())),
        "lift_at_red": by_share(one, FULL, "lift"),
        "recall_at_red": recalls(one, FULL, ALL)["at_red"],
        "calibration_slope": one.pool.mean(one.column("recalibration")[:, :, 1]).as_json()["value"],
        "seconds": round(sum(run.seconds for run in runs), 1),
    }
