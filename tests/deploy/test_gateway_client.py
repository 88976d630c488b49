"""Who is asked as a gateway, and is none: what is said of it, and that nobody else is shown the key."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from deploy.errors import UserError
from deploy.gateway_client import Gateway
from deploy.local.processes import free_port
from producers.site import Http

KEY = "synthetic-key-of-an-operator-0123456789abcdef"


@contextmanager
def listener(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Whoever answers each connection alike, whatever it is asked; its port, and what it was sent."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    asked.append(line.recv(65_536))
                    line.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1]), asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)


def test_a_proxy_of_the_environment_is_not_shown_the_key(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path_factory.mktemp("keys") / "operator.key"
    key.write_text(KEY)
    key.chmod(0o600)
    with listener(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as (port, asked):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(UserError, match="no gateway answers"):
            Gateway(Http(port=free_port()), key, None).ask("/assignments")
        assert asked == []
        # It would have been noticed: to itself, the key is shown.
        assert Gateway(Http(port=port), key, None).ask("/assignments") == {}
        assert KEY.encode() in asked[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    ],
)
def test_who_answers_and_is_no_gateway_is_told_in_words(answer: bytes) -> None:
    with listener(answer) as (port, _), pytest.raises(UserError, match=rf"no gateway answers at .*:{port} "):
        Gateway(Http(port=port), None, None).ask("/assignments")
