// The service that stands still for 2 s in every 10 s (`cargo lab serve stall`): every tool that leaves nobody out must find a p99
// of 1900 ms and say BREACH. lib/load.js says how to run this.
import { load } from './lib/load.js';

const run = load('stall', { rate: 100 });

export const options = run.options;
export const setup = run.setup;
export const handleSummary = run.handleSummary;
export default run.iteration;
