"""A real Kafka broker and a real schema registry on one machine: no Docker, no root, nothing installed beforehand."""
