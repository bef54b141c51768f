// A scenario's flows as requests.
import http from 'k6/http';

import { TIMEOUT_S } from './profiles.js';

// `{ steps, mostAtOnce, data(), iterate(data, number) }` of a scenario.
export function compile(scenario, target) {
  const flows = scenario.flows.map(({ weight, at_once, requests }) => ({
    weight: weight === undefined ? 1 : weight,
    atOnce: at_once === undefined ? 1 : at_once,
    requests: requests.map((request) => compileRequest(request, target)),
  }));
  const total = flows.reduce((sum, flow) => sum + flow.weight, 0);
  const steps = scenario.flows.flatMap(({ requests }) => requests.map(({ step }) => step));

  function pick() {
    let left = Math.random() * total;
    return flows.find((flow) => (left -= flow.weight) < 0) || flows[flows.length - 1];
  }

  return {
    steps: [...new Set(steps)],
    data: () => checked(scenario, scenario.data_from ? fetched(target + scenario.data_from) : scenario.data || {}),
    iterate(data, number) {
      const flow = pick();
      const customers = Array.from({ length: flow.atOnce }, () => choose(data, scenario.take || {}, number));
      flow.requests.forEach((prepare) => send(customers.map(prepare)));
    },
    mostAtOnce: Math.max(...flows.map(({ atOnce }) => atOnce)),
  };
}

function compileRequest({ step, method, path, body, headers, expect }, target) {
  const isJson = body !== undefined && !Object.keys(headers || {}).some((name) => name.toLowerCase() === 'content-type');
  const params = {
    tags: { name: step },
    headers: { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...headers },
    responseCallback: http.expectedStatuses(expect || { min: 200, max: 299 }),
    // An answer that sends us elsewhere is an answer; a second request would be another step.
    redirects: 0,
    timeout: `${TIMEOUT_S}s`,
  };
  return (rows) => {
    const url = target + fill(path, rows, encodeURIComponent);
    return [method, url, body === undefined ? null : JSON.stringify(filled(body, rows)), params];
  };
}

// One request, or one of each of several customers in the same moment.
function send(requests) {
  if (requests.length === 1) {
    http.request(...requests[0]);
  } else {
    http.batch(requests);
  }
}

// One row of every list.
function choose(data, take, number) {
  const row = (name, list) => list[take[name] === 'in-turn' ? number % list.length : Math.floor(Math.random() * list.length)];
  return Object.fromEntries(Object.entries(data).map(([name, list]) => [name, row(name, list)]));
}

// `{order}` and `{account.email}` are places for a row, `{{` and `}}` are braces.
const PLACES = /\{\{|\}\}|\{([^{}]*)\}/g;

function fill(text, rows, escape) {
  return text.replace(PLACES, (found, place) => {
    return place === undefined ? found[0] : escape(String(place.split('.').reduce((row, key) => row[key], rows)));
  });
}

// A body with its places filled; only its string values have any.
function filled(value, rows) {
  if (typeof value === 'string') return fill(value, rows, (row) => row);
  if (Array.isArray(value)) return value.map((inner) => filled(inner, rows));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, rows)]));
}

function fetched(url) {
  const answer = http.get(url, { responseType: 'text', timeout: `${TIMEOUT_S}s`, redirects: 0 });
  if (answer.status !== 200) {
    throw new Error(`${url} was to give the scenario's data and answered ${answer.error || answer.status}; does the service listen there?`);
  }
  return answer.json();
}

// The data, if every place of the scenario has its rows: found out before the load starts.
function checked(scenario, data) {
  const texts = scenario.flows.flatMap(({ requests }) => requests.flatMap(({ path, body }) => [path, ...strings(body)]));
  const places = texts.flatMap((text) => [...text.matchAll(PLACES)]).filter(([, place]) => place !== undefined);
  for (const [, place] of places) {
    const [name, ...keys] = place.split('.');
    const list = data[name];
    if (!Array.isArray(list) || list.length === 0) {
      throw new Error(`scenario ${scenario.name}: \`{${place}}\` has no rows; its data are ${Object.keys(data).join(', ') || 'none'}`);
    }
    const value = (row) => keys.reduce((inner, key) => (inner === null || inner === undefined ? inner : inner[key]), row);
    if (list.some((row) => !['string', 'number'].includes(typeof value(row)))) {
      throw new Error(`scenario ${scenario.name}: a row of \`${name}\` is no text where \`{${place}}\` wants one`);
    }
  }
  return data;
}

function strings(value) {
  if (typeof value === 'string') return [value];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(strings);
}
