"""A process whose main thread is held: it answers, and does nothing else, until it is let go."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from deploy.errors import UserError
from deploy.game_day.held import Held, check_that_processes_can_be_held
from deploy.scrape import fetch
from tests.support import eventually

# Its main thread counts; another one tells how far it has come.
COUNTING = """
import http.server, threading, time
count = 0
class Tell(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(str(count).encode())
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tell)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
while True:
    count += 1
    time.sleep(0.001)
"""


@pytest.fixture
def counting() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-c", COUNTING], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_a_held_process_answers_and_does_nothing_until_it_is_let_go(counting: "subprocess.Popen[str]") -> None:
    assert counting.stdout is not None
    port = int(counting.stdout.readline())

    def count() -> int:
        return int(fetch(port, "/") or -1)

    eventually(lambda: count() > 10, what="counting")
    with held_or_skipped(counting.pid, lambda: fetch(port, "/") is not None):
        stood = count()
        assert stood > 0
        assert [count() for _ in range(20)] == [stood] * 20
        assert counting.poll() is None  # held is not ended
    eventually(lambda: count() > stood, what="counting again")
    assert counting.poll() is None


def held_or_skipped(pid: int, goes_on: Callable[[], bool]) -> Held:
    """A held process; where the system does not allow it the test is skipped, in continuous integration it fails."""
    try:
        check_that_processes_can_be_held()
    except UserError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    return Held(pid, goes_on)


def test_a_process_that_ends_while_it_is_held_is_told(counting: "subprocess.Popen[str]") -> None:
    held = held_or_skipped(counting.pid, lambda: True)
    with pytest.raises(UserError, match="it ended while it was held"), held:
        counting.kill()
        counting.wait(10)


def test_one_that_never_answers_while_held_is_let_go(counting: "subprocess.Popen[str]") -> None:
    assert counting.stdout is not None
    port = int(counting.stdout.readline())
    with pytest.raises(UserError, match="never answered"), held_or_skipped(counting.pid, lambda: False):
        pass
    before = int(fetch(port, "/") or -1)
    eventually(lambda: int(fetch(port, "/") or -1) > before, what="counting again")


def test_a_question_that_fails_is_told(counting: "subprocess.Popen[str]") -> None:
    def fail() -> bool:
        raise ValueError("no answer")

    with pytest.raises(UserError, match="no answer"), held_or_skipped(counting.pid, fail):
        pass


def test_what_cannot_be_held_is_told() -> None:
    with (
        pytest.raises(UserError, match="cannot hold process 999999999: No such process"),
        Held(999999999, lambda: True),
    ):
        pass
