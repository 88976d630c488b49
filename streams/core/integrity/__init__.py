"""Whether inspections are done as they should be: sequential tests of officers against lot, peers and requirements."""
