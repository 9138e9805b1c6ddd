import type { Dice } from './mutate.ts';

const HIDDEN = 'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const BODIES = ['', 'x', 'hello', HIDDEN, `0\r\n\r\n${HIDDEN}`, '\r\n\r\n', '\0\xff\x80', 'y'.repeat(300)];
const EXTENSIONS = ['', '', '', ';a', ';a=b', ';a="b;c"'];

/** How often generated things are as they should be. */
export interface RequestOptions {
  /** Written into the field X-Id, so that it is known again at the origin. */
  readonly id: string;
  /** Now and then CONNECT, odd hosts, HTTP/1.0 and the like. */
  readonly odd: boolean;
}

/** A request for `svc`, well-formed unless `odd`. */
export function generateRequest(dice: Dice, { id, odd }: RequestOptions): string {
  const methods = ['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'];
  const method = dice.of(odd ? [...methods, 'PURGE', 'get', 'CONNECT', 'TRACE', 'M-SEARCH', 'X_Y'] : methods);
  const version = odd && dice.once(8) ? dice.of(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9']) : 'HTTP/1.1';
  const targets = ['/svc/a', '/svc/a?b=c', '/svc//d', '/svc', '/svc/%zz', `/svc/${'p'.repeat(50)}`];
  const target = dice.of(odd ? [...targets, 'http://svc.localhost/a', '*', '/svc/#', '/svc/"<>', 'svc:80'] : targets);
  const lines = ['Host: localhost', `X-Id: ${id}`];
  for (let more = dice.below(4); more > 0; more--) lines.splice(dice.below(lines.length + 1), 0, field(dice, odd));
  const body = dice.of(BODIES);
  if (dice.once(3)) return head(method, target, version, lines);
  if (dice.once(2)) {
    lines.splice(dice.below(lines.length + 1), 0, `Content-Length: ${body.length}`);
    return head(method, target, version, lines) + body;
  }
  lines.splice(dice.below(lines.length + 1), 0, `Transfer-Encoding: ${dice.of(['chunked', 'Chunked'])}`);
  return head(method, target, version, lines) + chunked(body, dice);
}

function head(method: string, target: string, version: string, lines: readonly string[]): string {
  return `${method} ${target} ${version}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function field(dice: Dice, odd: boolean): string {
  const fields = ['X-A: b', 'x-b:c', 'X-C: \t d ', 'X-Empty:', 'X-High: \xe9\xff', 'Accept: */*', 'Cookie: a=b; c'];
  const oddities = ['Connection: close', 'Connection: x-a', 'TE: trailers', 'Upgrade: h2c', 'Expect: 100-continue'];
  return dice.of(odd ? [...fields, ...oddities, 'Content-Length: 5', 'Host: svc.localhost', 'X-Odd : x'] : fields);
}

/** `body` in chunks of random sizes, with extensions and trailers now and then. */
function chunked(body: string, dice: Dice): string {
  let text = '';
  for (let at = 0; at < body.length; ) {
    const piece = body.slice(at, at + 1 + dice.below(body.length));
    text += `${dice.of(['', '', '0'])}${piece.length.toString(16)}${dice.of(EXTENSIONS)}\r\n${piece}\r\n`;
    at += piece.length;
  }
  const trailers = dice.once(5) ? 'X-Trailer: t\r\n' : '';
  return `${text}${dice.of(['0', '000'])}${dice.of(EXTENSIONS)}\r\n${trailers}\r\n`;
}

/** An answer whose body is `body`; `closes` when its end is the end of the connection. */
export function generateAnswer(dice: Dice, body: string): { readonly text: string; readonly closes: boolean } {
  const status = dice.of(['200 OK', '201 Created', '404 Not Found', '500 Broken', '200 ', '299 Own']);
  const lines = ['X-A: b', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'Keep-Alive: timeout=5', 'X-Empty:'].filter(() =>
    dice.once(2),
  );
  const interim = dice.once(6) ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : '';
  const start = `${interim}HTTP/1.1 ${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}`;
  switch (dice.below(4)) {
    case 0:
      return { text: `${start}\r\n${body}`, closes: true };
    case 1:
      return { text: `${start}Transfer-Encoding: chunked\r\n\r\n${chunked(body, dice)}`, closes: false };
    default:
      return { text: `${start}Content-Length: ${body.length}\r\n\r\n${body}`, closes: false };
  }
}
