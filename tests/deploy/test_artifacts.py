"""Downloads against a real HTTP server on this machine that serves what a test wants."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.maven import MavenContext

from deploy.errors import UserError
from deploy.local.artifacts import ATTEMPTS_MAX, Artifact, fetch, read_lock

CONTENT = b"a jar" * 1000
JAR = Artifact("org.example", "thing", "1.0", "", "jar", hashlib.sha256(CONTENT).hexdigest())


class Server(ThreadingHTTPServer):
    """Answers the n-th request for the jar with answers[n], the last one for ever: (promised, sent) bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, bytes]] = []
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if not self.path.endswith(".jar"):
            self.send_error(404)
            return
        promised, sent = self.server.answers[min(self.server.requests, len(self.server.answers) - 1)]
        self.server.requests += 1
        self.send_response(200)
        self.send_header("content-length", str(promised))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def context(url: str, cache: Path) -> MavenContext:
    return MavenContext(repo_cache=cache, local_repos=[], remote_repos={"test": url}, timeout=5)


def test_a_file_with_the_right_digest_is_taken(server: Server, tmp_path: Path) -> None:
    server.answers = [(len(CONTENT), CONTENT)]
    assert fetch(context(server.url, tmp_path), JAR).read_bytes() == CONTENT


def test_a_connection_that_breaks_is_tried_again_from_the_start(server: Server, tmp_path: Path) -> None:
    server.answers = [(len(CONTENT), CONTENT[:100]), (len(CONTENT), CONTENT)]
    assert fetch(context(server.url, tmp_path), JAR).read_bytes() == CONTENT
    assert server.requests == 2


def test_a_file_with_another_digest_is_refused(server: Server, tmp_path: Path) -> None:
    server.answers = [(4, b"evil")]
    with pytest.raises(UserError, match=r"thing 1\.0 has SHA-256 .* not the one in artifacts\.lock; refused"):
        fetch(context(server.url, tmp_path), JAR)
    assert server.requests == ATTEMPTS_MAX


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot download thing 1\.0 .* needs the network .*REQUESTS_CA_BUNDLE"):
        fetch(context("http://127.0.0.1:1", tmp_path), JAR)


@pytest.mark.parametrize("line", ["org.example:thing:1.0 abc", "org.example:thing " + "0" * 64])
def test_a_lock_line_that_cannot_be_read_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "some.lock").write_text(f"# comment\n{line}\n")
    with pytest.raises(ValueError, match=r"some\.lock line 2"):
        read_lock(tmp_path / "some.lock")
