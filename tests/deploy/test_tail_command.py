"""`border tail` on the real broker: what is shown of alerts."""

import msgspec
import orjson
import pytest

from deploy.cli import main
from deploy.local.platform import LocalPlatform
from producers.publisher import Publisher
from schemas.records import Alert
from schemas.topics import ALERTS
from tests.schemas.sample_records import sample_records

SAMPLE = next(record for record in sample_records(seed=11, each=1) if isinstance(record, Alert))


@pytest.mark.integration
def test_alerts_for_others_are_not_shown(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    audiences = {"tail-1": "officers ops-center", "tail-2": "auditors", "tail-3": None}
    with Publisher(platform.broker, platform.codec, ALERTS) as publisher:
        for incident, audience in audiences.items():
            publisher.publish(msgspec.structs.replace(SAMPLE, incident_id=incident, audience=audience))
    command = ["tail", ALERTS.name, "--from-beginning", "--no-follow"]
    at = ["--broker", platform.broker, "--registry-url", platform.registry_url]

    def shown(*options: str) -> set[str]:
        assert main([*command, *at, *options]) == 0
        lines = [orjson.loads(line)["record"]["incident_id"] for line in capsys.readouterr().out.splitlines()]
        return set(lines) & audiences.keys()

    assert shown() == {"tail-1", "tail-2", "tail-3"}
    assert shown("--audience", "officers") == {"tail-1", "tail-3"}
    monkeypatch.setenv("BORDER_AUDIENCES", "officers")
    assert shown() == {"tail-1", "tail-3"}
    assert main([*command, *at, "--audience", "auditors"]) == 1
    assert "alerts for auditors may not be shown here" in capsys.readouterr().err
