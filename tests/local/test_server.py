"""The API's port on the wire: what is no proper request gets a clear refusal, and nobody waits permanently."""

import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from chalice.app import Chalice

from local.gateway import open_gateway
from local.server import Server
from local.trouble import Trouble
from tests.support.engine import free_port


@pytest.fixture(scope="module")
def port(app: Chalice) -> Iterator[int]:
    number = free_port()
    server = Server(number)
    server.open(open_gateway(app))
    yield number
    server.close()


def send(port: int, request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Send bytes as they are, read until the server hangs up, and take the answer apart."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}, body


@pytest.mark.parametrize("length", ["abc", "-5", "+5", "1_0", "5\r\nContent-Length: 6", ""])
def test_a_content_length_that_is_no_number_is_a_400(port: int, length: str) -> None:
    first, headers, body = send(port, f"POST /api/auth/login HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{{}}".encode())

    assert first.startswith("HTTP/1.1 400")
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["code"] == "bad-length"


def test_a_body_in_chunks_is_a_400(port: int) -> None:
    request = b"POST /api/auth/login HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"

    first, _, body = send(port, request)

    assert first.startswith("HTTP/1.1 400")
    assert "Content-Length" in json.loads(body)["detail"]


@pytest.mark.parametrize("request_line", [b"HELLO", b"GET /api/me HTTP/9.9", b"GET /" + b"x" * 70_000 + b" HTTP/1.1"])
def test_what_is_not_http_is_a_400(port: int, request_line: bytes) -> None:
    first, _, body = send(port, request_line + b"\r\n\r\n")

    assert first.startswith("HTTP/1.1 400")
    assert json.loads(body)["code"] == "bad-request"


@pytest.mark.parametrize("method", ["HEAD", "TRACE", "BREW", "get"])
def test_a_method_that_a_path_does_not_have_is_a_405(port: int, method: str) -> None:
    request = f"{method} /api/auth/login HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"

    first, headers, body = send(port, request.encode())

    assert first.startswith("HTTP/1.1 405")
    assert headers["allow"] == "OPTIONS, POST"
    assert bool(body) == (method != "HEAD")


def test_a_body_that_is_too_long_is_refused_before_it_is_sent(port: int) -> None:
    request = b"POST /api/auth/login HTTP/1.1\r\nContent-Length: 20000000\r\nExpect: 100-continue\r\n\r\n"

    first, _, body = send(port, request)

    assert first.startswith("HTTP/1.1 413")
    assert json.loads(body)["code"] == "too-large"


def test_who_sends_too_much_all_the_same_still_gets_the_answer(port: int) -> None:
    answer = httpx.post(f"http://127.0.0.1:{port}/api/auth/login", content=b"x" * 12_000_000, timeout=60)

    assert answer.status_code == 413


def test_a_kept_connection_answers_without_delay(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        waits = []
        for _ in range(21):
            started = time.perf_counter()
            assert client.get("/api/me").status_code == 401
            waits.append(time.perf_counter() - started)

    # With Nagle's algorithm nearly each takes 0.04 and more; a busy machine delays some.
    assert statistics.quantiles(waits)[0] < 0.03


def test_a_taken_port_is_refused_in_words_that_help(port: int) -> None:
    with pytest.raises(Trouble, match=rf"port {port} can't be used .* METERBOOK_PORT=8001 make run"):
        Server(port)


def test_a_stop_waits_for_the_request_in_hand_and_takes_no_more() -> None:
    slow = Chalice(app_name="slow")
    begun, may_end = threading.Event(), threading.Event()

    @slow.route("/slow")
    def view() -> dict[str, str]:
        begun.set()
        may_end.wait(60)
        return {"was": "finished"}

    number = free_port()
    server = Server(number)
    server.open(open_gateway(slow))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(httpx.get, f"http://127.0.0.1:{number}/slow", timeout=60)
        assert begun.wait(60)
        closing = pool.submit(server.close)
        time.sleep(0.3)
        assert not closing.done()
        may_end.set()
        closing.result(60)
        assert waiting.result(60).json() == {"was": "finished"}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{number}/slow")


def test_a_stop_does_not_wait_for_who_stalls_in_the_middle_of_a_request(app: Chalice) -> None:
    number = free_port()
    server = Server(number)
    server.open(open_gateway(app))
    with socket.create_connection(("127.0.0.1", number)) as stalled:
        stalled.sendall(b"POST /api/auth/login HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        started = time.monotonic()
        server.close()
        assert time.monotonic() - started < 10  # an idle connection may keep silent for 30 seconds


def test_head_is_answered_without_a_body_and_with_its_length(port: int) -> None:
    lines = "HTTP/1.1\r\nConnection: close\r\n\r\n"
    _, got, body = send(port, f"GET /api/openapi.json {lines}".encode())
    first, headers, nothing = send(port, f"HEAD /api/openapi.json {lines}".encode())

    assert first.startswith("HTTP/1.1 200")
    assert nothing == b""
    assert headers["content-length"] == got["content-length"] == str(len(body))
