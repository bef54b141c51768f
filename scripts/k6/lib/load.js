// A scenario of shared/stack/scenarios, held against shared/stack/slo.json, sent by k6:
//
//   k6 run --no-usage-report --address "" -e TARGET=http://127.0.0.1:8080 -e PROFILE=constant -e RATE=100 scripts/k6/stall.js
//
//   TARGET            the service, on this machine: http://127.0.0.1:PORT
//   PROFILE           smoke (default), constant, ramp, spike, breakpoint: see profiles.js
//   RATE, DURATION    iterations in a second, and how long, such as 60s or 1m30s; each profile has its own default
//   WORST_S           the longest answer to be expected, in seconds (default 3): it decides how many VUs are kept ready
//   MAX_VUS           that number itself
//   SLO               another file of objectives
//   REPORT            a file for the run as a document, which `lab load` writes too (lab_results::load::LoadReport)
//   I_OWN_THIS_HOST   1 where the target is another machine, which is yours to load
//
// The exit code is k6's: 0 when every threshold held, 99 when one did not. Without --no-usage-report k6 tells its maker of every run.
import exec from 'k6/execution';

import { profile, TIMEOUT_S } from './profiles.js';
import { document, TREND_STATS } from './report.js';
import { compile } from './requests.js';
import { observing, thresholds } from './rules.js';
import { summary } from './summary.js';

// A URL has `%20` where a folder's name has a space, and `open` takes names.
const stack = (path) => decodeURI(import.meta.resolve(`../../../shared/stack/${path}`));
const read = (path) => JSON.parse(open(path));

// Everything that k6 wants of a script. `defaults.rate` is the scenario's usual rate, in iterations in a second.
export function load(name, defaults) {
  const scenario = read(stack(`scenarios/${name}.json`));
  const objectives = read(__ENV.SLO || stack('slo.json')).scenarios[name] || [];
  const plan = profile(__ENV, defaults);
  const target = checkedTarget(__ENV.TARGET || '', __ENV.I_OWN_THIS_HOST === '1');
  const requests = compile(scenario, target);
  return {
    options: {
      // Answers are read to their end and thrown away; only setup() wants its own.
      discardResponseBodies: true,
      // k6 would otherwise send 6 of those who come at once, and then the others.
      batch: requests.mostAtOnce,
      batchPerHost: requests.mostAtOnce,
      scenarios: { load: plan.executor },
      setupTimeout: `${TIMEOUT_S}s`,
      summaryTrendStats: TREND_STATS,
      thresholds: { ...observing(requests.steps), ...thresholds(objectives, plan.abortAfter) },
    },
    setup: () => requests.data(),
    iteration: (data) => requests.iterate(data, exec.scenario.iterationInTest, plan.isInTurn),
    handleSummary(seen) {
      const report = document(seen, { scenario, objectives, plan, target });
      const text = { stdout: summary(report, plan) };
      return __ENV.REPORT ? { ...text, [__ENV.REPORT]: `${JSON.stringify(report, null, 2)}\n` } : text;
    },
  };
}

// Load on somebody else's machine is an attack, so that anything but this one has to be asked for.
function checkedTarget(target, isOwned) {
  const [, host] = /^https?:\/\/([^/?#@\s]+)\/?$/.exec(target) || [];
  if (!host) {
    throw new Error(`TARGET is \`${target}\`; say where the service listens: -e TARGET=http://127.0.0.1:8080`);
  }
  const isLoopback = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/.test(host);
  if (!isLoopback && !isOwned) {
    throw new Error(
      `TARGET is ${target}, which is not this machine: load on a host that is not yours is an attack on it, and the network ` +
        'between is measured too. Use http://127.0.0.1:PORT, or say -e I_OWN_THIS_HOST=1',
    );
  }
  return target.replace(/\/$/, '');
}
