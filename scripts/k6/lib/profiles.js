// When iterations begin. Every profile is an open model: customers come whether or not the service answers.

// A request without an answer after this long has failed; afterwards nothing is in flight, so that nothing has to be cut off.
export const TIMEOUT_S = 10;

// A run is stopped for a breach only after this long, because percentiles of the first few requests say nothing.
const SETTLE_S = 10;

// `rate` is the customary rate of the scenario, `duration_s` the length that was asked for.
const PROFILES = {
  // Does it work at all? Each flow in turn.
  smoke: { rate: () => 5, duration_s: 10, executor: constant, isInTurn: true },
  // Does it hold its objectives at the rate that it was built for? Whole periods of the stalling service.
  constant: { rate: (usual) => usual, duration_s: 60, executor: constant },
  // Up to the rate, and there for as long: caches fill and pools grow on the way.
  ramp: { rate: (usual) => usual, duration_s: 60, executor: ramp },
  // Three times the rate for a third of the time, and does it come back afterwards?
  spike: { rate: (usual) => usual, duration_s: 60, executor: spike },
  // More and more, up to the rate, until an objective breaks: the run ends there. Each VU costs k6 a quarter of a MiB, so that a far
  // higher rate is to be asked for on purpose.
  breakpoint: { rate: (usual) => 3 * usual, duration_s: 300, executor: breakpoint, abortAfter: `${SETTLE_S}s` },
};

// The profile that the environment asks for: `{ name, executor, peak, duration_s, abortAfter, isInTurn }`.
export function profile(env, defaults) {
  const name = env.PROFILE || 'smoke';
  if (!Object.hasOwn(PROFILES, name)) {
    throw new Error(`PROFILE is \`${name}\`; there are ${Object.keys(PROFILES).join(', ')}`);
  }
  const chosen = PROFILES[name];
  const rate = whole(env, 'RATE', chosen.rate(defaults.rate));
  const duration_s = env.DURATION ? seconds(env.DURATION) : chosen.duration_s;
  const { peak, ...executor } = chosen.executor(rate, duration_s);
  // Too few, and iterations are dropped exactly while the service stalls: rate x worst latency is Little's law, and half as many again.
  const vus = whole(env, 'MAX_VUS', Math.ceil(peak * number(env, 'WORST_S', 3) * 1.5));
  const load = { timeUnit: '1s', preAllocatedVUs: vus, maxVUs: vus, gracefulStop: `${TIMEOUT_S + 2}s`, ...executor };
  const { abortAfter, isInTurn } = chosen;
  return { name, executor: load, rate, peak, vus, duration_s, abortAfter, isInTurn };
}

function constant(rate, duration_s) {
  return { executor: 'constant-arrival-rate', rate, duration: text(duration_s), peak: rate };
}

function ramp(rate, duration_s) {
  return ramping(0, [
    [rate, duration_s / 2],
    [rate, duration_s / 2],
  ]);
}

function spike(rate, duration_s) {
  const third_s = duration_s / 3;
  return ramping(rate, [
    [rate, third_s],
    [3 * rate, 0],
    [3 * rate, third_s],
    [rate, 0],
    [rate, third_s],
  ]);
}

function breakpoint(rate, duration_s) {
  return ramping(1, [[rate, duration_s]]);
}

function ramping(startRate, stages) {
  return {
    executor: 'ramping-arrival-rate',
    startRate,
    stages: stages.map(([target, stage_s]) => ({ target, duration: text(stage_s) })),
    peak: Math.max(startRate, ...stages.map(([target]) => target)),
  };
}

const text = (length_s) => `${Math.round(length_s * 1000)}ms`;

// `1m30s` in seconds, in the units that k6 writes durations in.
function seconds(duration) {
  const units = { h: 3600, m: 60, s: 1, ms: 0.001 };
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(duration)) {
    throw new Error(`DURATION is \`${duration}\`; write it as 90s, 1m30s or 500ms`);
  }
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  const total_s = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit], 0);
  if (total_s <= 0) {
    throw new Error(`DURATION is \`${duration}\`; a run needs some time`);
  }
  return total_s;
}

function number(env, name, otherwise) {
  const value = env[name] === undefined ? otherwise : Number(env[name]);
  if (!(Number.isFinite(value) && value > 0)) {
    throw new Error(`${name} is \`${env[name]}\`; a number above 0 is needed`);
  }
  return value;
}

function whole(env, name, otherwise) {
  const value = number(env, name, otherwise);
  if (!Number.isInteger(value)) {
    throw new Error(`${name} is \`${env[name]}\`; k6 takes whole numbers only`);
  }
  return value;
}
