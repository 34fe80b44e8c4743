"""Start everything in order, print what runs where, and stop it in reverse order."""

import contextlib
import logging
import os
import sys
import threading
import time

from chalice.app import Chalice

from chalicelib.platform import clock, dynamo
from local import aws, events, simulated_gateway
from local.demo import utilities
from local.demo.day import DemoDay, move_clock, named_today
from local.gateway import AddressLimit, Throttle, open_gateway
from local.server import Server
from local.state import StateFolder, open_state
from local.trouble import Stopped, Trouble
from local.workers import Workers

_API_PORT, _AWS_PORT = 8000, 4566


def main(stop: threading.Event) -> int:
    """Run everything until `stop`, and return the exit code: 0 unless something failed."""
    try:
        with contextlib.ExitStack() as running:
            state = _open_state(running)
            local_aws = _start(running, stop, state)
            while not stop.wait(1):
                _note_moment(state)
                if local_aws.process.poll() is not None:
                    raise Trouble("the local AWS ended by itself; its log aws.log in the state folder says why")
            print("\nStopping: first the API, then what is in hand, then the local AWS ...", flush=True)
    except Stopped:
        pass
    except Trouble as trouble:
        print(f"Meterbook stops: {trouble}", file=sys.stderr)
        return 1
    print("Stopped.", flush=True)
    return 0


def _open_state(running: contextlib.ExitStack) -> StateFolder:
    """Open the state folder, and start the clock of METERBOOK_TODAY where its last run stopped."""
    today = named_today()
    state = open_state()
    running.callback(os.close, state.lock)
    if today:
        move_clock(today, last_moment=state.last_moment_of(today))
        running.callback(_note_moment, state)
    return state


def _note_moment(state: StateFolder) -> None:
    today = named_today()
    if today:
        with contextlib.suppress(OSError):  # whether the state can be saved is said at the stop
            state.note_moment(today, clock.now())


def _start(running: contextlib.ExitStack, stop: threading.Event, state: StateFolder) -> aws.LocalAws:
    started = time.monotonic()
    api_port, aws_port = _port("METERBOOK_PORT", _API_PORT), _port("METERBOOK_AWS_PORT", _AWS_PORT)
    state.set_logs_aside()
    server = Server(api_port)
    running.callback(server.close)
    local_aws = _start_aws(running, stop, state, aws_port)
    os.environ["METERBOOK_PAYMENT_GATEWAY"] = f"http://127.0.0.1:{api_port}{simulated_gateway.PATH}"
    dynamo.connect()
    if not utilities.is_loaded():
        print("Loading five demo utilities ...", flush=True)
        _load_demo(state, stop)
    app = _app_with_log(state)
    workers = Workers(app)
    running.callback(workers.stop)
    running.callback(server.close)
    workers.start()
    limit = aws.requests_per_address()
    gateway = open_gateway(
        app,
        Throttle(*aws.throttle()),
        compressed_from=aws.compressed_from(),
        address_limit=AddressLimit(limit) if limit else None,
    )
    server.open(gateway)
    print(_welcome(app, state, api_port, aws_port, time.monotonic() - started), flush=True)
    return local_aws


def _start_aws(running: contextlib.ExitStack, stop: threading.Event, state: StateFolder, aws_port: int) -> aws.LocalAws:
    """Start the local AWS with its resources, and set this process's environment to them."""
    applied = state.applied_template()
    keys, root_keys = state.token_keys(), state.root_keys()
    if aws.is_taken(aws_port):
        raise Trouble(
            f"port {aws_port} is taken; stop what uses it, or choose another: METERBOOK_AWS_PORT=4567 make run"
        )
    print("Starting the local AWS ...", flush=True)
    local_aws = aws.start(aws_port, folder=state.path, keep_state=True, held=(state.lock,), stopping=stop.is_set)
    running.callback(_stop_aws, local_aws, state)
    aws.point_clients_at(aws_port)
    outputs = _resources(local_aws, state, applied)
    aws.let_mails_out()
    os.environ.update(aws.settings_from(outputs), METERBOOK_TOKEN_KEYS=keys, METERBOOK_ROOT_KEYS=root_keys)
    return local_aws


def _stop_aws(local_aws: aws.LocalAws, state: StateFolder) -> None:
    runs = local_aws.process.poll() is None
    asked = time.time()
    local_aws.stop()
    if runs and not state.is_saved_since(asked):
        print(f"The last changes could not be saved in {state.path}; its aws.log says why", file=sys.stderr)


def _resources(local_aws: aws.LocalAws, state: StateFolder, applied: str | None) -> dict[str, str]:
    """Return the stack's outputs, after bringing it up to date with infra/resources.yaml."""
    outputs = aws.stack_outputs() if applied else None
    if applied and (outputs is None or not aws.is_whole(outputs)):
        local_aws.kill()  # an orderly stop would save an incomplete state over the existing one
        raise state.damaged("a table, bucket or queue is missing")
    local_aws.keep()
    template = aws.local_template()
    if outputs is None or applied != aws.template_print(template):
        outputs = aws.apply_template(template)
        asked = time.time()
        local_aws.save()
        if not state.is_saved_since(asked):
            raise Trouble(f"the state can't be saved in {state.path}; is the disk full? Its aws.log says why")
        state.note_applied(aws.template_print(template))
    return outputs


def _app_with_log(state: StateFolder) -> Chalice:
    """Return the app, with its log going to a file instead of the terminal."""
    from app import app  # noqa: PLC0415 - importing it sets up the log and needs the environment

    for handler in logging.getLogger("meterbook").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(state.log.open("w", buffering=1))
    return app


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise Stopped


def _load_demo(state: StateFolder, stop: threading.Event) -> None:
    began = state.demo_began_at()
    if began is None:
        began = clock.now()
        state.note_demo_began(began)
    utilities.load(DemoDay(began), lambda: _go_on(stop))


def _age_of_demo(state: StateFolder) -> str:
    """Return the line that says on which day the demo's year ends, which a later start does not change."""
    began, today = state.demo_began_at(), clock.now().date()
    if began and began.date() == today:
        return f"up to today, {today}"
    loaded = f"up to {began.date()}, when it was loaded" if began else "as an earlier version loaded it"
    return f"{loaded}; today is {today}. To have it anew, stop, and rm -r {state.path}"


def _logins() -> str:
    staff = {"balilihan": utilities.BALILIHAN_STAFF, "avii": utilities.AVII_STAFF, **utilities.SMALL_STAFF}
    consumers = {"balilihan": utilities.BALILIHAN_CONSUMER, **utilities.SMALL_CONSUMERS}
    rows = []
    for client, logins in staff.items():
        consumer = [f"{consumers[client]} (a consumer)"] if client in consumers else []
        rows.append(f"  client {client:<13}{', '.join([*logins, *consumer])}")
    return "\n".join(rows)


def _port(variable: str, usual: int) -> int:
    text = os.environ.get(variable) or str(usual)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise Trouble(f"{variable} must be a port number, such as {usual}")
    return int(text)


def _welcome(app: Chalice, state: StateFolder, api_port: int, aws_port: int, seconds: float) -> str:
    url = f"http://localhost:{api_port}"
    queues = ", ".join(target.queue for target in events.queue_handlers(app)) or "none"
    schedules = ", ".join(f"{each.name} every {each.every_seconds} s" for each in events.scheduled_handlers(app))
    connections = f"{url}/api/clients/balilihan/projects/waterworks/connections?limit=3"
    return f"""
Meterbook runs ({seconds:.1f} s). Ctrl-C stops all of it; the state stays.
  API        {url}/api, described by {url}/api/docs
  local AWS  {aws.endpoint_url(aws_port)}
  queues     {queues}
  schedules  {schedules or "none"}
  state      {state.path} (logs: {state.log.name}, aws.log; of the runs before: .1 to .5)
  demo data  {_age_of_demo(state)}

Demo logins, all with the password {utilities.PASSWORD}:
{_logins()}

Try:
  curl -s {url}/api/openapi.json
  TOKEN=$(curl -s {url}/api/auth/login -H 'Content-Type: application/json' \\
    -d '{{"clientId":"balilihan","login":"admin","password":"{utilities.PASSWORD}"}}' \\
    | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
  curl -s -H "Authorization: Bearer $TOKEN" '{connections}'
docs/journey.md walks the whole path, from a file of readings to a bill.
"""
