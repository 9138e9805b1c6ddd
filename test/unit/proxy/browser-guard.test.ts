import { describe, expect, test } from 'vitest';
import { RequestHead } from '../../../src/http1/request-head.ts';
import { browserRefusal } from '../../../src/proxy/browser-guard.ts';

const own: ReadonlySet<string> = new Set(['https://app.test', 'box.test']);

function refusal(...lines: readonly string[]): string | undefined {
  const head = new RequestHead({ headBytes: 4096, fields: 16, targetBytes: 64 });
  const bytes = Buffer.from(`GET /svc/ HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  expect(head.parse(bytes, 0, bytes.length)).toBe(bytes.length);
  return browserRefusal(head, 'localhost', own);
}

describe('a page', () => {
  test.each([
    [['Origin: http://localhost:3000']],
    [['Origin: http://127.0.0.1:1', 'Sec-Fetch-Site: same-site']],
    [['Origin: https://box.test']],
    [['Origin: http://orders.localhost']],
    [['Sec-Fetch-Site: none']],
    [['Origin: https://app.test', 'Sec-Fetch-Site: cross-site']],
    [['Origin: https://APP.test']],
  ])('of this machine, or invited, may call: %j', (lines) => {
    expect(refusal(...lines)).toBeUndefined();
  });

  test.each([
    [['Origin: https://evil.test'], 'Origin'],
    [['Origin: null'], 'Origin'],
    [['Origin: http://app.test'], 'Origin'],
    [['Origin: https://app.test.evil.test'], 'Origin'],
    [['Origin: http://localhost.evil.test'], 'Origin'],
    [['Origin: https://app.test', 'Origin: https://evil.test'], 'Origin'],
    [['Sec-Fetch-Site: cross-site'], 'Sec-Fetch-Site'],
    [['Origin: http://localhost', 'Sec-Fetch-Site: cross-site'], 'Sec-Fetch-Site'],
  ])('of another site may not: %j', (lines, field) => {
    expect(refusal(...lines)).toBe(`the request comes from a page of another site (${field})`);
  });
});
