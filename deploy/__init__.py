"""Running it: a real Kafka and registry on one machine, and the `border` command."""
