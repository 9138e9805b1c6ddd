import { expect, test } from 'vitest';
import { negotiateExposition } from '../../../src/telemetry/exposition-format.ts';

const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

test.each([
  [undefined, 'prometheus'],
  ['', 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'prometheus'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text; version="1.0.0"; charset=utf-8', 'openmetrics'],
  ['application/openmetrics-text;version=2.0.0', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
  ['application/openmetrics-text;q=0.3, text/plain;q=0.5', 'prometheus'],
  ['APPLICATION/OPENMETRICS-TEXT, text/plain', 'openmetrics'],
  [prometheus3, 'openmetrics'],
  [`application/openmetrics-text,${'x'.repeat(5000)}`, 'prometheus'],
] as const)('Accept %j is answered in %s', (accept, format) => {
  expect(negotiateExposition(accept)).toBe(format);
});
