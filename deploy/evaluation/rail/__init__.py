"""How well the platform proves that every rail car was inspected: simulated trains through the trains stage, against
the truth.

    RailWorld ─► TrainsStage, folded here ─► coverage of cars and trains ─► judged, train by train ─► figures
        ▲ tell                                   │
        └──────── people at the yard ◄───────────┘

| file | does |
|---|---|
| `portal_run.py` | one port with one seed: folds, follows what is said, judges each train when it has settled |
| `judge.py` | one train: what should have been named, cleared or left open, and what was |
| `releases.py` | what is signed off and raised at a release, against the readings and what was said |
| `tally.py` | counts and shares that add up over trains, ports and seeds |
| `figures.py` | bars, the result as JSON and tables |
"""
