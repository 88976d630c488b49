"""Random but valid records of every type, made from the schemas themselves."""

import random
from typing import Any

import msgspec

from schemas.codec import RECORD_TYPES
from schemas.generate import load_schemas


class SampleMaker:
    """Makes a value for an Avro type; one seed, one sequence of values."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.named: dict[str, Any] = {}

    def learn(self, schema: Any) -> None:
        """Know every named type inside: what names one may come before a value of where it is spelled out."""
        if isinstance(schema, dict):
            if schema["type"] in ("record", "enum"):
                self.named[f"border.v1.{schema['name']}"] = schema
            for field in schema.get("fields", ()):
                self.learn(field["type"])
            self.learn(schema.get("items", schema["type"]))
        elif isinstance(schema, list):
            for branch in schema:
                self.learn(branch)

    def value(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return None if self.random.random() < 0.3 else self.value(schema[1])
        if isinstance(schema, str):
            return self.value(self.named[schema]) if schema in self.named else self.primitive(schema)
        kind = schema["type"]
        if kind == "array":
            return [self.value(schema["items"]) for _ in range(self.random.randrange(4))]
        if kind == "record":
            return {field["name"]: self.value(field["type"]) for field in schema["fields"]}
        if kind == "enum":
            return self.random.choice(schema["symbols"])
        return self.value(kind)

    def primitive(self, name: str) -> Any:
        if name == "string":
            return "".join(self.random.choices("ABCXYZ019 áñ≈", k=self.random.randrange(12)))
        if name == "bytes":
            return self.random.randbytes(self.random.randrange(12))
        if name == "double":
            return self.random.uniform(-1e6, 1e6)
        if name == "boolean":
            return self.random.random() < 0.5
        bits = 31 if name == "int" else 63
        return self.random.randrange(-(1 << bits), 1 << bits)


def sample_records(seed: int, each: int) -> list[msgspec.Struct]:
    """`each` records of every type of the contract."""
    maker = SampleMaker(seed)
    for schema in load_schemas().values():
        maker.learn(schema)
    return [
        msgspec.convert(maker.value(schema), RECORD_TYPES[name])
        for name, schema in load_schemas().items()
        for _ in range(each)
    ]
