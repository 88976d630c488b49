"""The contract: Avro schemas, the records made from them, topics, wire format and registry."""
