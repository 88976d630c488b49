"""Pure stages: no clock, random, I/O, logging or Faust. A stage is a fold over the one log of its key space."""
