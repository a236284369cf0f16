// `npm run check`: types, lint, import table, dead code, unit tests; under a minute.

import { runGates, runTests } from './gates.mjs';
import { installPackages } from './install.mjs';

installPackages({ all: true });
const gates = await runGates();
const unit = await runTests(['--project', 'unit', ...process.argv.slice(2)]);
process.exit(gates.failed + unit.failed > 0 ? 1 : 0);
