import { policies } from '../../../src/balance/by-name.ts';
import { balancerCases } from '../../support/balance-cases.ts';

for (const [name, make] of Object.entries(policies)) balancerCases(name, make);
