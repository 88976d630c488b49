"""A process whose main thread is held: it answers, and does nothing else, until it is let go."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.errors import UserError
from deploy.game_day.held import Held
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
    held = Held(counting.pid, lambda: fetch(port, "/") is not None)
    try:
        held.__enter__()
    except UserError as error:
        pytest.skip(str(error))
    stood = count()
    assert stood > 0
    assert [count() for _ in range(20)] == [stood] * 20
    assert counting.poll() is None  # held is not ended
    held.__exit__()
    eventually(lambda: count() > stood, what="counting again")
    assert counting.poll() is None


def test_what_cannot_be_held_is_told() -> None:
    with (
        pytest.raises(UserError, match="cannot hold process 999999999: No such process"),
        Held(999999999, lambda: True),
    ):
        pass
