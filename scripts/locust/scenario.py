"""What customers do, from shared/stack/scenarios: the same file that `lab load` and the k6 scripts read."""

import json
import os
import random
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

STACK = Path(__file__).resolve().parents[2] / "shared" / "stack"
# A request without an answer after this long has failed.
TIMEOUT_S = 10.0
# `{order}` and `{account.email}` are places for a row, `{{` and `}}` are braces.
PLACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def usage(problem):
    """Ends the program: the environment does not describe a run."""
    print(problem, file=sys.stderr)
    sys.exit(2)


def number(name, otherwise):
    """A number above 0 of the environment, of the same type as the default."""
    text = os.environ.get(name, str(otherwise))
    try:
        value = type(otherwise)(text)
    except ValueError:
        value = 0
    if not value > 0:
        usage(f"{name} is `{text}`; a number above 0 is needed")
    return value


def read(path):
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        usage(f"{path}: {error}")


def scenario_file():
    """SCENARIO is a name in shared/stack/scenarios, or a file."""
    name = os.environ.get("SCENARIO", "")
    known = sorted(path.stem for path in (STACK / "scenarios").glob("*.json"))
    if name in known:
        return read(STACK / "scenarios" / f"{name}.json")
    if not os.path.isfile(name):
        usage(f"SCENARIO is `{name}`; name a file or one of {', '.join(known)}")
    return read(name)


def objectives(name):
    """What SLO (shared/stack/slo.json by default) promises for a scenario."""
    return read(os.environ.get("SLO", STACK / "slo.json"))["scenarios"].get(name, [])


def target():
    """TARGET, if it may be loaded: load on somebody else's machine is an attack."""
    target = os.environ.get("TARGET", "")
    found = re.fullmatch(r"(https?://([^/?#@\s]+))/?", target)
    if not found:
        usage(f"TARGET is `{target}`; say where the service listens: TARGET=http://127.0.0.1:8080")
    is_loopback = re.fullmatch(r"(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?", found[2])
    if not is_loopback and os.environ.get("I_OWN_THIS_HOST") != "1":
        usage(
            f"TARGET is {target}, which is not this machine: load on a host that is not yours is an attack on it, and the network "
            "between is measured too. Use http://127.0.0.1:PORT, or say I_OWN_THIS_HOST=1"
        )
    return found[1]


def data(scenario, target):
    """The lists of rows, every place of the scenario among them; fetched from the service where the scenario says so."""
    rows = scenario.get("data", {})
    if "data_from" in scenario:
        url = target + scenario["data_from"]
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                rows = json.load(answer)
        except (OSError, ValueError) as error:
            usage(f"{url} was to give the scenario's data: {error}; does the service listen there?")
    requests = [request for flow in scenario["flows"] for request in flow["requests"]]
    for text in [text for request in requests for text in [request["path"], *strings(request.get("body"))]]:
        for place in [found[1] for found in PLACES.finditer(text) if found[1] is not None]:
            name = place.split(".")[0]
            if not rows.get(name):
                usage(f"scenario {scenario['name']}: `{{{place}}}` has no rows; its data are {', '.join(rows) or 'none'}")
            if not all(isinstance(at(row, place), (str, int, float)) for row in rows[name]):
                usage(f"scenario {scenario['name']}: a row of `{name}` is no text where `{{{place}}}` wants one")
    return rows


def choose(rows, take, number):
    """One row of every list, for this iteration of the test."""

    def row(name, listed):
        return listed[number % len(listed)] if take.get(name) == "in-turn" else random.choice(listed)

    return {name: row(name, listed) for name, listed in rows.items()}


def fill(text, rows, escape=str):
    """A text with its places filled."""

    def place(found):
        path = found[1]
        return found[0][0] if path is None else escape(str(at(rows[path.split(".")[0]], path)))

    return PLACES.sub(place, text)


def filled(value, rows):
    """A body with the places of its string values filled."""
    if isinstance(value, str):
        return fill(value, rows)
    if isinstance(value, list):
        return [filled(inner, rows) for inner in value]
    if isinstance(value, dict):
        return {key: filled(inner, rows) for key, inner in value.items()}
    return value


def in_path(text):
    """A row as a part of a path."""
    return urllib.parse.quote(text, safe="-_.!~*'()")


def at(row, place):
    for key in place.split(".")[1:]:
        row = row.get(key) if isinstance(row, dict) else None
    return row


def strings(value):
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in inner for text in strings(each)]
