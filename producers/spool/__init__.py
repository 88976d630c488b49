"""What a device was told is kept, until Kafka has it: a queue on the disk of the crossing."""
