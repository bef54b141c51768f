// Objectives as k6's thresholds. lab_results::load::Rule has the same list in the same words, and a test holds the two together.

// Figures in the order of lab_results::load::Objective::rules: the name in the report, the key in slo.json, metric, expression, and what k6
// saw of it.
const FIGURES = [
  ['count', null, 'http_reqs', (limit) => `count>${limit}`, (at) => at.count],
  ['per_s', 'min_per_s', 'http_reqs', (limit) => `rate>=${limit}`, (at) => at.rate],
  ['failed_share', 'max_failed_share', 'http_req_failed', (limit) => `rate<${limit}`, (at) => at.rate],
  ...[50, 90, 95, 99, 99.9].map((p) => {
    const key = `p${String(p).replace('.', '')}_ms`;
    return [key, key, 'http_req_duration', (limit) => `p(${p})<${limit}`, (at) => at[`p(${p})`]];
  }),
];

// k6 passes where nothing was measured, so that every step with an objective must have been asked at least once.
const MORE_THAN = 0;

// Every rule of the objectives: `{ step, figure, limit, metric, expression, seen }`.
export function rules(objectives) {
  return objectives.flatMap((objective) =>
    FIGURES.map(([figure, key, metric, expression, seen]) => {
      const limit = key === null ? MORE_THAN : objective[key];
      const name = `${metric}{name:${objective.step}}`;
      return { step: objective.step, figure, limit, metric: name, expression: expression(limit), seen };
    }).filter((rule) => rule.limit !== undefined),
  );
}

// The thresholds. With `abortAfter`, a breach after that long ends the run.
export function thresholds(objectives, abortAfter) {
  const found = {};
  const add = (metric, expression, mayAbort) => {
    const stops = abortAfter !== undefined && mayAbort;
    const threshold = stops ? { threshold: expression, abortOnFail: true, delayAbortEval: abortAfter } : expression;
    (found[metric] = found[metric] || []).push(threshold);
  };
  // A customer who was due and for whom there was no VU is not in any other figure.
  add('dropped_iterations', 'count==0', true);
  // A step that nobody has come to yet is no reason to stop.
  rules(objectives).forEach((rule) => add(rule.metric, rule.expression, rule.figure !== 'count'));
  return found;
}

// k6 counts a tag's requests apart only where a threshold names it, which may be an empty one.
export function observing(steps) {
  const tags = [...steps.map((step) => `{name:${step}}`), '{scenario:load}'];
  const metrics = ['http_reqs', 'http_req_failed', 'http_req_duration'];
  return Object.fromEntries(tags.flatMap((tag) => metrics.map((metric) => [`${metric}${tag}`, []])));
}
