// What k6 saw, as the document of lab_results::load::LoadReport. What k6 does not tell is null.
import { rules } from './rules.js';

export const TREND_STATS = ['count', 'avg', 'p(50)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'];

// The document of a run; `seen` is what k6 hands to handleSummary.
export function document(seen, { scenario, objectives, plan, target }) {
  const elapsed_s = seen.state.testRunDurationMs / 1000;
  const dropped = seen.metrics.dropped_iterations ? seen.metrics.dropped_iterations.values.count : 0;
  const sizes = scenario.flows.map(({ requests }) => requests.length);
  // Which flow a dropped iteration would have taken nobody knows, where there are several: then it is at least the shortest.
  const unsent = dropped * Math.min(...sizes);
  const names = [...new Set(scenario.flows.flatMap(({ requests }) => requests.map(({ step }) => step)))];
  const steps = names.map((name) => step(seen, name, `{name:${name}}`, sizes.length === 1 ? dropped : 0, elapsed_s));
  const judgement = objectives.length > 0 ? judge(seen, objectives, dropped) : undefined;
  const isCut = elapsed_s < plan.duration_s - 1;
  const isBroken = judgement !== undefined && judgement.rules.some((rule) => !rule.kept);
  return {
    schema: 1,
    tool: 'k6',
    target,
    scenario: scenario.name,
    model: 'open',
    // A threshold that ended the run is its result.
    interrupted: isCut && !(plan.abortAfter && isBroken),
    elapsed_s,
    overall: step(seen, 'overall', '{scenario:load}', unsent, elapsed_s),
    steps,
    ...(judgement && { judgement }),
  };
}

function step(seen, name, tag, unsent, elapsed_s) {
  const values = (metric) => seen.metrics[`${metric}${tag}`].values;
  const sent = values('http_reqs').count;
  const failed = values('http_req_failed').passes || 0;
  // From the send, without the time to open a connection. k6 starts iterations when they are due and does not tell how late it was, so
  // that this is the response time too, as far as k6 knows it.
  const latency = sent > failed ? latencies(values('http_req_duration')) : null;
  return {
    name,
    planned: sent + unsent,
    sent,
    unsent,
    ok: sent - failed,
    failed: failed > 0 ? { failed } : {},
    unfinished: 0,
    throughput_per_s: elapsed_s > 0 ? (sent - failed) / elapsed_s : 0,
    response: latency,
    service: latency,
    lag: null,
  };
}

function latencies(at) {
  return {
    count: at.count,
    p50_ms: at['p(50)'],
    p90_ms: at['p(90)'],
    p95_ms: at['p(95)'],
    p99_ms: at['p(99)'],
    p999_ms: at['p(99.9)'],
    max_ms: at.max,
    mean_ms: at.avg,
  };
}

// k6's own verdict on every threshold, but that a figure of no request at all is none: k6 calls it 0 and is content.
function judge(seen, objectives, dropped) {
  const results = rules(objectives).map(({ step, figure, limit, metric, expression, seen: figureOf }) => {
    const { values, thresholds } = seen.metrics[metric];
    const sent = seen.metrics[`http_reqs{name:${step}}`].values.count;
    const failed = seen.metrics[`http_req_failed{name:${step}}`].values.passes || 0;
    // What refuses a connection takes 0 ms for it.
    const samples = figure.endsWith('_ms') ? sent - failed : sent;
    const observed = figure === 'count' || samples > 0 ? figureOf(values) : null;
    return { step, figure, limit, observed, kept: observed !== null && thresholds[expression].ok };
  });
  const reasons = [];
  if (dropped > 0) {
    reasons.push(`${dropped} iterations were never started, because all VUs were waiting: allow more with -e MAX_VUS=, or ask for less`);
  }
  const outcome = results.every(({ kept }) => kept) ? 'pass' : 'breach';
  return { outcome: dropped > 0 ? 'invalid' : outcome, reasons, rules: results };
}
