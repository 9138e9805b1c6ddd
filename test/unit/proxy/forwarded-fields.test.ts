import { expect, test } from 'vitest';
import { forwardedFields } from '../../../src/proxy/forwarded-fields.ts';

test.each([
  ['127.0.0.1', 'localhost:7700', 'for=127.0.0.1;host="localhost:7700";proto=http', '127.0.0.1'],
  ['::ffff:10.0.0.1', 'orders', 'for=10.0.0.1;host=orders;proto=http', '10.0.0.1'],
  ['2001:db8::1', '[::1]', 'for="[2001:db8::1]";host="[::1]";proto=http', '2001:db8::1'],
])('a call from %s to %s is told to the origin', (peer, host, forwarded, address) => {
  expect(forwardedFields(peer, host, 'http', 'x1')).toBe(
    `Forwarded: ${forwarded}\r\nX-Forwarded-For: ${address}\r\nX-Forwarded-Host: ${host}\r\n` +
      'X-Forwarded-Proto: http\r\nVia: 1.1 pilotfish-x1\r\n',
  );
});

test('what is not known is not told', () => {
  expect(forwardedFields('', '', 'https', 'x1')).toBe(
    'Forwarded: for=unknown;proto=https\r\nX-Forwarded-Proto: https\r\nVia: 1.1 pilotfish-x1\r\n',
  );
});
