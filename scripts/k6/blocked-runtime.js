// Lab 03 (`cargo lab serve 03`): customers who look up an order while others sign in. lib/load.js says how to run this.
import { load } from './lib/load.js';

// What the lab's own `reproduce` sends: 200 look-ups and 20 sign-ins in a second.
const run = load('blocked-runtime', { rate: 220 });

export const options = run.options;
export const setup = run.setup;
export const handleSummary = run.handleSummary;
export default run.iteration;
