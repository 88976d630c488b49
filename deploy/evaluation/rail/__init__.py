"""How well the platform proves that every rail car was inspected: simulated trains through the trains stage, against
the truth.

    RailWorld ─► TrainsStage, folded here ─► coverage of cars and trains ─► judged, train by train ─► figures
        ▲ tell                                   │
        └──────── people at the yard ◄───────────┘

| file | does |
|---|---|
| `portal_run.py` | one port with one seed: folds, follows what is said, judges each train when it has settled |
| `judge.py` | one train: what should have been named, and what was |
| `tally.py` | counts and shares that add up over trains, ports and seeds |
| `figures.py` | bars, the result as JSON and tables |
"""
