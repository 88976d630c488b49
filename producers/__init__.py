"""The edge: gateways, publisher and the simulated world."""
