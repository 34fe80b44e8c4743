"""The API on a port of this machine."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any

from chalice.local import ThreadedHTTPServer

from local.aws import is_taken
from local.gateway import MAX_BODY_BYTES, Answer, Gateway, problem
from local.trouble import Trouble

_IDLE_SECONDS = 30
_LINGER_SECONDS = 5
_FINISH_SECONDS = 20


class RequestHandler(BaseHTTPRequestHandler):
    """Parses requests, and refuses invalid ones in the API's own form."""

    protocol_version = "HTTP/1.1"
    server_version = "Meterbook"
    sys_version = ""
    # Without this, each answer on a kept-alive connection waits 40 ms for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def __init__(self, *args: Any, gateway: Gateway, busy: "Busy") -> None:  # noqa: ANN401 - socketserver's own
        self._gateway = gateway
        self._busy = busy
        super().__init__(*args)

    def _answer(self) -> None:
        length = self._body_length()
        if length is None:
            return
        body = self.rfile.read(length)
        if len(body) < length:  # the client disconnected
            self.close_connection = True
            return
        with self._busy:
            sent = dict(self.headers.items())
            self._send(self._gateway.answer(self.command, self.path, sent, body, str(self.client_address[0])))

    def __getattr__(self, name: str) -> Callable[[], None]:
        # http.server looks for do_GET, do_POST and so on: the gateway knows a path's methods, so accept all of them.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Refuse a body that is too long, before it is sent."""
        return self._body_length() is not None and super().handle_expect_100()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer requests that http.server refuses by itself, such as broken lines or endless headers."""
        self.request_version = self.protocol_version  # else a broken line counts as HTTP 0.9, which has no status
        self._refuse(problem(400, "bad-request", f"this is no proper HTTP request: {message or code}"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
        """Log nothing: the app logs each request itself."""

    def _body_length(self) -> int | None:
        """Return the length of the body in bytes, or refuse the request and return None."""
        if "transfer-encoding" in self.headers:
            self._refuse(problem(400, "bad-length", "send the body whole, with a Content-Length"))
            return None
        told = set(self.headers.get_all("content-length", ["0"]))
        text = told.pop()
        if told or not (text.isascii() and text.isdigit()):
            self._refuse(problem(400, "bad-length", "Content-Length must be one whole number"))
            return None
        length = int(text[:20])
        if length > MAX_BODY_BYTES:
            self._refuse(problem(413, "too-large", "the body is larger than 10 MB; send files by an upload form"))
            return None
        return length

    def _refuse(self, answer: Answer) -> None:
        """Answer and close the connection, because it is not known where the next request begins."""
        self.close_connection = True
        self._send(answer, {"Connection": "close"})
        # A connection closed with unread bytes is reset, and the client may never see the answer.
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_LINGER_SECONDS)
        until = time.monotonic() + _LINGER_SECONDS
        with contextlib.suppress(OSError):
            while self.connection.recv(65536) and time.monotonic() < until:
                pass

    def _send(self, answer: Answer, more: Mapping[str, str] | None = None) -> None:
        self.send_response(answer.status)
        for name, value in {**answer.headers, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class Busy:
    """Counts requests that are being answered, so that a stop can wait for the last one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests = 0

    def __enter__(self) -> None:
        with self._changed:
            self._requests += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._requests -= 1
            self._changed.notify_all()

    def wait_until_idle(self, seconds: float) -> None:
        """Wait for the last request, for a limited time."""
        with self._changed:
            self._changed.wait_for(lambda: self._requests == 0, seconds)


class _Listener(ThreadedHTTPServer):
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind the port without the name lookup that HTTPServer does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Ignore a client that disconnected; the app itself answers our own errors."""


class Server:
    """The API's port: bound at once, answering from `open` to `close`."""

    def __init__(self, port: int) -> None:
        """Bind the port, so that no other process gets it meanwhile.

        :raises Trouble: if it is taken already.
        """
        self._busy = Busy()
        try:
            if is_taken(port):
                raise OSError("something listens on it")
            self._listener = _Listener(("127.0.0.1", port), RequestHandler)
        except (OSError, OverflowError) as error:
            raise Trouble(
                f"port {port} can't be used ({error}); free it, or choose another: METERBOOK_PORT=8001 make run"
            ) from None
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.1,), name="api", daemon=True)

    def open(self, gateway: Gateway) -> None:
        """Begin to answer; earlier connections have waited."""
        self._listener.RequestHandlerClass = partial(RequestHandler, gateway=gateway, busy=self._busy)
        self._thread.start()

    def close(self) -> None:
        """Accept no more requests, and wait for those that are being answered."""
        if self._thread.is_alive():
            self._listener.shutdown()
        self._listener.server_close()
        self._busy.wait_until_idle(_FINISH_SECONDS)
