import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { asAdminUrl } from '../../../src/cli/admin-client.ts';
import { serviceIn } from '../../../src/cli/view-commands.ts';

it.each([
  ['http://127.0.0.1:7701', 'http://127.0.0.1:7701'],
  ['127.0.0.1:7701', 'http://127.0.0.1:7701'],
  ['localhost:7701', 'http://localhost:7701'],
  ['unix:///run/pilotfish.sock', 'unix:///run/pilotfish.sock'],
])('the admin port may be written as %s', (text, url) => {
  expect(asAdminUrl(text)).toBe(url);
});

it.each(['', 'https://127.0.0.1:7701', 'http://[', 'unix://', 'a b'])('%j is no admin port', (text) => {
  expect(() => asAdminUrl(text)).toThrow(InvalidArgumentError);
});

it.each(['http://[', 'http://', 'http://localhost:7700/%zz', 'http://localhost:7700/%ff/'])(
  '%j names no service',
  (text) => {
    expect(() => serviceIn(text)).toThrow(InvalidArgumentError);
  },
);
