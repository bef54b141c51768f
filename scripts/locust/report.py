"""What Locust saw, as the document of lab_results::load::LoadReport. What Locust does not tell is None."""

# Figures in the order of lab_results::load::Objective::rules: the name in the report, the key in slo.json, and whether a rule is kept.
FIGURES = [
    ("count", None, lambda seen, limit: seen > limit),
    ("per_s", "min_per_s", lambda seen, limit: seen >= limit),
    ("failed_share", "max_failed_share", lambda seen, limit: seen < limit),
    *((key, key, lambda seen, limit: seen < limit) for key in ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "p999_ms")),
]
EXIT_CODES = {"pass": 0, "breach": 99, "invalid": 3}


def document(scenario, objectives, target, stats, beside, elapsed_s):
    """The document of a run. Beside the statistics: `failures` are counts by (step, reason), `unsent` counts iterations that were due and
    never began, `silent` counts workers whose last report is missing."""
    failures, unsent = beside.failures, beside.unsent
    steps = []
    for flow in scenario["flows"]:
        for request in flow["requests"]:
            if request["step"] not in [step["name"] for step in steps]:
                entry = stats.entries.get((request["step"], request["method"]))
                # Which flow an iteration would have taken nobody knows, where there are several.
                missing = unsent if len(scenario["flows"]) == 1 else 0
                reasons = {reason: count for (step, reason), count in failures.items() if step == request["step"]}
                steps.append(summary(request["step"], entry, reasons, missing, elapsed_s))
    reasons = {}
    for (_, reason), count in failures.items():
        reasons[reason] = reasons.get(reason, 0) + count
    at_least = unsent * min(len(flow["requests"]) for flow in scenario["flows"])
    report = {
        "schema": 1,
        "tool": "locust",
        "target": target,
        "scenario": scenario["name"],
        # Users keep to their own clocks, and a tick that one missed counts as unsent: nobody came later because of a slow answer.
        "model": "open",
        "elapsed_s": elapsed_s,
        "overall": summary("overall", stats.total, reasons, at_least, elapsed_s),
        "steps": steps,
    }
    if objectives:
        report["judgement"] = judge(report, objectives, beside)
    return report


def summary(name, entry, failures, unsent, elapsed_s):
    sent = entry.num_requests if entry else 0
    failed = sum(failures.values())
    latency = latencies(entry) if sent > failed else None
    return {
        "name": name,
        "planned": sent + unsent,
        "sent": sent,
        "unsent": unsent,
        "ok": sent - failed,
        "failed": failures,
        "unfinished": 0,
        "throughput_per_s": (sent - failed) / elapsed_s if elapsed_s > 0 else 0.0,
        # From the send. How late a user's own greenlet was, Locust does not tell, so that this is the response time too, as far as
        # it knows it.
        "response": latency,
        "service": latency,
        "lag": None,
    }


def latencies(entry):
    """Locust keeps 2 significant digits of a latency above 100 ms: a p99 of 1900 ms may be 1850 or 1949."""

    def percentile(share):
        return float(entry.get_response_time_percentile(share))

    return {
        "count": entry.num_requests,
        "p50_ms": percentile(0.5),
        "p90_ms": percentile(0.9),
        "p95_ms": percentile(0.95),
        "p99_ms": percentile(0.99),
        "p999_ms": percentile(0.999),
        "max_ms": float(entry.max_response_time),
        "mean_ms": float(entry.avg_response_time),
    }


def judge(report, objectives, beside):
    """As lab_results::load::judge: every rule, zero samples are a breach, and a run that was not driven proves nothing."""
    steps = {step["name"]: step for step in report["steps"]}
    rules = []
    for objective in objectives:
        step = steps.get(objective["step"])
        for figure, key, is_kept in FIGURES:
            limit = 0 if key is None else objective.get(key)
            if limit is None:
                continue
            seen = observed(figure, step, report["elapsed_s"])
            kept = seen is not None and is_kept(seen, limit)
            rules.append({"step": objective["step"], "figure": figure, "limit": limit, "observed": seen, "kept": kept})
    reasons = []
    if beside.silent > 0:
        reasons.append(f"{beside.silent} of Locust's workers did not say in time what their users saw last: end other programs, and run it again")
    if beside.unsent > 0:
        reasons.append(
            f"{beside.unsent} iterations were never started, because their users were waiting for an answer: more users with a longer PACE_S, "
            "or ask for less"
        )
    outcome = "pass" if all(rule["kept"] for rule in rules) else "breach"
    return {"outcome": "invalid" if reasons else outcome, "reasons": reasons, "rules": rules}


def observed(figure, step, elapsed_s):
    if step is None or (step["planned"] == 0 and figure != "count"):
        return None
    if figure == "count":
        return step["sent"]
    if figure == "per_s":
        return step["sent"] / elapsed_s if elapsed_s > 0 else None
    if figure == "failed_share":
        return (step["planned"] - step["ok"]) / step["planned"]
    return step["response"] and step["response"][figure]
