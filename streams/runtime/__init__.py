"""The only Faust: runs a stage's pure folds exactly once on Kafka.

    broker ─► transport ─► agent ─► group ─► folding ─► ledger ─► broker
              whole         │       queue,   decode,    one transaction: outputs,
              batches       │       commit   fold,      changed state, positions,
                            │       policy   isolate    dead letters
                        app, worker          recovery ◄─ changelog

A group is a fixed set of partitions that is always assigned together (`assignor`) and has one transactional id. The
safety argument stands in `group`.
"""
