// Lab 02 (`cargo lab serve 02`): customers who pay, and some who look at their order. lib/load.js says how to run this.
import { load } from './lib/load.js';

// What the lab's own `reproduce` sends: 80 payments and 20 looks in a second.
const run = load('pool-exhaustion', { rate: 100 });

export const options = run.options;
export const setup = run.setup;
export const handleSummary = run.handleSummary;
export default run.iteration;
