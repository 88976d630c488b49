"""How well the platform watches itself: budgets kept, estimates right, insiders found; against simulated truth."""
