"""The process at a crossing between its devices and Kafka: `border gateway`."""
