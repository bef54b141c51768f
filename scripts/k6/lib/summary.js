// The document in a few lines for people.

export function summary(report, plan) {
  const asked = `profile ${plan.name}, up to ${plan.peak}/s from ${plan.vus} VUs`;
  const lines = [
    '',
    `${report.scenario} on ${report.target}: ${asked}, ${report.elapsed_s.toFixed(1)} s${report.interrupted ? ', interrupted' : ''}`,
    row(['step', 'sent', 'unsent', 'failed', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms']),
    ...[...report.steps, report.overall].map((step) =>
      row([step.name, step.sent, step.unsent, step.sent - step.ok, ...latencies(step.response)]),
    ),
    ...broken(report, plan),
    ...verdict(report.judgement),
  ];
  return `${lines.join('\n')}\n`;
}

const row = (cells) => cells.map((cell, at) => (at === 0 ? String(cell).padEnd(16) : String(cell).padStart(10))).join('');

function latencies(at) {
  return at === null ? ['-', '-', '-', '-'] : [at.p50_ms, at.p95_ms, at.p99_ms, at.max_ms].map((ms) => ms.toFixed(1));
}

// Where a breakpoint run stood when it ended.
function broken(report, plan) {
  if (plan.name !== 'breakpoint' || report.elapsed_s >= plan.duration_s) return [];
  const rate = 1 + ((plan.rate - 1) * report.elapsed_s) / plan.duration_s;
  return [`It ended when ${rate.toFixed(0)} iterations/s were due: the limit lies below, because a threshold is noticed late.`];
}

function verdict(judgement) {
  if (!judgement) return ['shared/stack/slo.json has no objectives for it: nothing was judged.'];
  const rules = judgement.rules.map(({ step, figure, limit, observed, kept }) => {
    const seen = observed === null ? 'nothing was seen' : Number(observed.toPrecision(4));
    return `  ${kept ? 'kept  ' : 'BROKEN'} ${step} ${figure} limit ${limit}: ${seen}`;
  });
  return [...rules, judgement.outcome.toUpperCase(), ...judgement.reasons.map((reason) => `  ${reason}`)];
}
