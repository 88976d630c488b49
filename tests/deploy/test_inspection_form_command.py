"""`border inspection-form` as a person runs it: what is sent reaches the log, and Ctrl-C ends it."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from deploy.cli import main
from deploy.demo import log_of
from deploy.local.platform import LocalPlatform
from schemas.records import Inspection
from schemas.topics import LANE_DECISIONS


@pytest.mark.integration
def test_a_report_that_is_sent_is_in_the_log_of_its_lane(platform: LocalPlatform) -> None:
    options = ("--port", "0", "--broker", platform.broker, "--registry-url", platform.registry_url, "--json")
    command = [sys.executable, "-P", "-m", "deploy", "inspection-form", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        report = {"passage_id": "2302/88/7", "officer_ids": ["4711"], "resolution": "WEAPONS", "minutes": 30}
        request = urllib.request.Request(
            url.replace("/inspections", "/v1/inspections"),
            json.dumps(report).encode(),
            {"Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as answer:
            assert json.load(answer) == {"inspection_id": "2302/88/7 inspection", "revision": 2}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    told = [one.value for one in log_of(platform, [LANE_DECISIONS.name]) if isinstance(one.value, Inspection)]
    (found,) = [one for one in told if one.passage_id == "2302/88/7"]
    assert (found.officer_ids, found.revision) == (("4711",), 2)


@pytest.mark.integration
def test_a_port_that_is_taken_is_explained(platform: LocalPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    taken = platform.broker.rpartition(":")[2]
    options = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    assert main(["inspection-form", "--port", taken, *options]) == 1
    assert f"cannot listen on 127.0.0.1, port {taken}" in capsys.readouterr().err
