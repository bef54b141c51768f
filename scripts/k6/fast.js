// The answer that the stalling service (`cargo lab serve stall`) gives at once: what a PASS looks like. lib/load.js says how to run this.
import { load } from './lib/load.js';

const run = load('fast', { rate: 100 });

export const options = run.options;
export const setup = run.setup;
export const handleSummary = run.handleSummary;
export default run.iteration;
