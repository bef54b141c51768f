"""A scenario of shared/stack/scenarios, held against shared/stack/slo.json, sent by Locust 2.47: `run` beside this starts it.

    SCENARIO          a name in shared/stack/scenarios, or a file
    TARGET            the service, on this machine: http://127.0.0.1:PORT
    SLO               the file of objectives; shared/stack/slo.json by default
    PACE_S            each user begins an iteration every so many seconds (default 5), so that `--users 500` is 100 in a second
    REPORT            a file for the run as a document, which `lab load` writes too (lab_results::load::LoadReport)
    WORKERS           how many workers there are, where they were started by hand
    I_OWN_THIS_HOST   1 where the target is another machine, which is yours to load

The exit code is `lab load`'s: 0 pass, 99 breach, 3 where the run was not driven as asked and proves nothing, 2 usage, 130 for Ctrl-C.

What is known of Locust's figures (shared/book, "The load test that lied"): it keeps 2 significant digits of a latency, and users who
wait between their requests synchronise, because a stall lets go of them all at once, so that with 200 users the stalling service had a
p90 of 1300 to 1800 ms instead of 1000. Hence the clock of each user's own here; the digits stay as they are.
"""

import collections
import json
import os
import random
import time

import gevent
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from locust import FastHttpUser, events, task
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

import report
import scenario

# Before Locust forks its workers, so that data are fetched once and a mistake is told once.
TARGET = scenario.target()
SCENARIO = scenario.scenario_file()
OBJECTIVES = scenario.objectives(SCENARIO["name"])
DATA = scenario.data(SCENARIO, TARGET)
STARTED_BY = os.getpid()
PACE_S = scenario.number("PACE_S", 5.0)
WORKERS = scenario.number("WORKERS", 1)

INTERRUPTED = 130
# How long a worker whose users have all ended may take to say what they saw, on a busy machine.
PATIENCE_S = 10
GOLDEN = 0.6180339887498949


class Seen:
    """What this process saw beside Locust's own statistics; workers hand it to their master."""

    users = 0
    iterations = 0
    unsent = 0
    failures = collections.Counter()
    started_s = time.time()
    is_over = False
    # Of the master: the workers whose last report is here, and how many never sent theirs.
    ended = set()
    silent = 0


class Customer(FastHttpUser):
    """One of those who come, each on a clock of their own."""

    host = TARGET
    network_timeout = scenario.TIMEOUT_S
    connection_timeout = scenario.TIMEOUT_S
    # Connections of a user: one for each of those who come at once.
    concurrency = max(flow.get("at_once", 1) for flow in SCENARIO["flows"])

    def on_start(self):
        # Locust starts users in crowds, once a second. Multiples of the golden ratio fill the pace evenly, however many users there are.
        number = numbered(self.environment, Seen.users)
        Seen.users += 1
        gevent.sleep(PACE_S * (number * GOLDEN % 1.0))
        self.due = time.perf_counter()

    def wait_time(self):
        """Until the next tick. One that has passed meanwhile is a customer who was not sent, and is counted."""
        now = time.perf_counter()
        self.due += PACE_S
        while self.due < now:
            Seen.unsent += 1
            self.due += PACE_S
        return self.due - now

    @task
    def iterate(self):
        # The master goes on spawning users that it had planned, also when it has said that this is the end.
        if Seen.is_over:
            return
        number = numbered(self.environment, Seen.iterations)
        Seen.iterations += 1
        flows = SCENARIO["flows"]
        [flow] = random.choices(flows, [flow.get("weight", 1) for flow in flows])
        take, at_once = SCENARIO.get("take", {}), flow.get("at_once", 1)
        customers = [scenario.choose(DATA, take, number) for _ in range(at_once)]
        for request in flow["requests"]:
            gevent.joinall([gevent.spawn(self.send, request, rows) for rows in customers])

    def send(self, request, rows):
        body = {"json": scenario.filled(request["body"], rows)} if "body" in request else {}
        path = scenario.fill(request["path"], rows, scenario.in_path)
        step, headers = request["step"], request.get("headers")
        with self.client.request(
            request["method"], path, name=step, headers=headers, catch_response=True, allow_redirects=False, **body
        ) as answer:
            status, expect = answer.status_code, request.get("expect")
            if status == expect or (expect is None and 200 <= status < 300):
                answer.success()
            else:
                reason = str(status) if status else why(answer.error)
                Seen.failures[step, reason] += 1
                answer.failure(reason)


def numbered(environment, count):
    """A number of this process that no other worker gives: worker 1 of 2 takes 1, 3, 5."""
    workers = environment.parsed_options.processes or WORKERS
    index = environment.runner.worker_index
    if index >= workers:
        scenario.usage(f"this is worker {index + 1} of {workers}: say WORKERS=N to each, or rows would be given out twice")
    return count * workers + index


def why(error):
    kinds = [
        ("connect", ConnectionRefusedError),
        ("timeout", TimeoutError),
        ("closed", (ConnectionError, HTTPConnectionClosed)),
        ("malformed", HTTPParseError),
    ]
    return next((reason for reason, kind in kinds if isinstance(error, kind)), "failed")


@events.init.add_listener
def prepare(environment, **_):
    # At the end nobody is sent away without an answer.
    environment.stop_timeout = environment.stop_timeout or scenario.TIMEOUT_S + 2
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("end", end)
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message("ended", lambda msg, **_: Seen.ended.add(msg.node_id))
    if os.getpid() != STARTED_BY:
        gevent.spawn(end_with_the_master)


def end_with_the_master():
    """A worker whose master was killed would wait for it for a minute."""
    while os.getppid() == STARTED_BY:
        gevent.sleep(0.5)
    os._exit(1)


@events.test_start.add_listener
def begin(**_):
    Seen.started_s = time.time()


@events.report_to_master.add_listener
def hand_over(data, **_):
    data["lab"] = {"unsent": Seen.unsent, "failures": [[*key, count] for key, count in Seen.failures.items()]}
    Seen.unsent, Seen.failures = 0, collections.Counter()


@events.worker_report.add_listener
def take_over(data, **_):
    Seen.unsent += data["lab"]["unsent"]
    for step, reason, count in data["lab"]["failures"]:
        Seen.failures[step, reason] += count


@events.test_stopping.add_listener
def hear_all_workers(environment, **_):
    """Before it quits, Locust's master waits for half a second. A worker whose users still wait for their answers reports later than that,
    and what it had seen since its last report, in up to three seconds, was lost."""
    master = environment.runner
    if not isinstance(master, MasterRunner):
        return
    master.send_message("end")
    until = time.time() + environment.stop_timeout + PATIENCE_S
    while silent := [worker for worker in master.clients.all if worker.state != STATE_MISSING and worker.id not in Seen.ended]:
        if time.time() > until:
            Seen.silent = len(silent)
            return
        gevent.sleep(0.05)


def end(environment, **_):
    Seen.is_over = True
    environment.runner.stop()


@events.test_stop.add_listener
def report_the_last(environment, **_):
    worker = environment.runner
    if isinstance(worker, WorkerRunner):
        worker._send_stats()
        worker.send_message("ended")


@events.quitting.add_listener
def judge(environment, **_):
    """Locust itself ends with 0 where nothing was sent and where every objective is broken."""
    if isinstance(environment.runner, WorkerRunner):
        return
    is_cut = time.time() - Seen.started_s < (environment.parsed_options.run_time or 0)
    if is_cut:
        # The workers have yet to hand over what they saw since their last report.
        environment.runner.quit()
    stats = environment.stats
    elapsed_s = (stats.last_request_timestamp or time.time()) - Seen.started_s
    document = report.document(SCENARIO, OBJECTIVES, TARGET, stats, Seen, elapsed_s)
    document["interrupted"] = is_cut
    if path := os.environ.get("REPORT"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=2) + "\n")
    judgement = document.get("judgement")
    if judgement is None:
        print(f"{SCENARIO['name']}: there are no objectives for it: nothing was judged")
        environment.process_exit_code = INTERRUPTED if is_cut else None
        return
    for rule in judgement["rules"]:
        kept = "kept  " if rule["kept"] else "BROKEN"
        seen = "nothing was seen" if rule["observed"] is None else f"{rule['observed']:.4g}"
        print(f"  {kept} {rule['step']} {rule['figure']} limit {rule['limit']}: {seen}")
    print(judgement["outcome"].upper(), *judgement["reasons"], sep="\n  ", flush=True)
    environment.process_exit_code = INTERRUPTED if is_cut else report.EXIT_CODES[judgement["outcome"]]
