import { seededRandom } from '../../src/runtime/random.ts';
import { Dice, pieces } from './mutate.ts';

/** A request for a tunnel, what its origin says, and what goes through; made from a seed. */
export interface TunnelCase {
  readonly seed: number;
  /** The request and what its caller sends without waiting, in the pieces in which they are sent. */
  readonly asked: readonly Buffer[];
  /** What came too early of the caller. */
  readonly early: Buffer;
  /** The origin's answer and what it sends right behind it. */
  readonly answered: readonly Buffer[];
  /** What the origin sent right behind its answer. */
  readonly behind: Buffer;
  /** `tunnel`: there is one. `declined`: the answer is passed on. `broken`: it is none, and becomes a 502 or an end. */
  readonly fate: 'tunnel' | 'declined' | 'broken';
  /** What each side says in the tunnel. */
  readonly upwards: readonly Buffer[];
  readonly downwards: readonly Buffer[];
  /** Who ends it, and how. */
  readonly end: { readonly by: 'client' | 'origin'; readonly how: 'end' | 'reset' };
  readonly what: string;
}

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const HIDDEN = 'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const GRANTED = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}Sec-WebSocket-Accept: x\r\n\r\n`;
const DECLINED = 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno';

/** Answers with a 101 that is none, or not the one that was asked for. */
const BROKEN: Readonly<Record<string, string>> = {
  'a 101 to h2c': 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  'a 101 without Upgrade': 'HTTP/1.1 101 x\r\n\r\n',
  'a 101 with a bare LF': 'HTTP/1.1 101 x\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'a 101 with a space before the colon': 'HTTP/1.1 101 x\r\nConnection : Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'a 101 with NUL': 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: web\0socket\r\n\r\n',
  junk: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'an early end': '',
  'half a 101': GRANTED.slice(0, 40),
};

/** The first seeds cut a good case at each of its bytes, one after the other; the others are as chance has it. */
const CUTS = 400;

/** Makes the case of a seed. */
export function tunnelCase(seed: number): TunnelCase {
  const dice = new Dice(seededRandom(seed));
  const isCut = seed >= 0 && seed < CUTS;
  const fate = isCut ? 'tunnel' : dice.of(['tunnel', 'tunnel', 'declined', 'broken'] as const);
  const early = dice.once(2) || isCut ? noise(dice, HIDDEN) : Buffer.alloc(0);
  const behind = fate === 'tunnel' && (isCut || dice.once(2)) ? noise(dice, DECLINED) : Buffer.alloc(0);
  const what = fate === 'broken' ? dice.of(Object.keys(BROKEN)) : fate;
  const answer = fate === 'tunnel' ? GRANTED : fate === 'declined' ? DECLINED : (BROKEN[what] ?? '');
  const interim = dice.once(5) ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : '';
  const request = `GET /svc/ws HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}Sec-WebSocket-Key: ${seed}\r\n\r\n`;
  const asked = Buffer.concat([Buffer.from(request), early]);
  const answered = Buffer.concat([Buffer.from(interim + answer, 'latin1'), behind]);
  const cut = (bytes: Buffer) => (isCut ? cutAt(bytes, seed % bytes.length) : pieces(bytes, dice));
  const said = () => Array.from({ length: dice.below(4) }, () => noise(dice, HIDDEN));
  return {
    seed,
    asked: cut(asked),
    early,
    answered: cut(answered),
    behind,
    fate,
    upwards: said(),
    downwards: said(),
    end: { by: dice.of(['client', 'origin']), how: dice.of(['end', 'reset']) },
    what,
  };
}

function cutAt(bytes: Buffer, at: number): Buffer[] {
  return at === 0 ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Bytes that may be anything, also a message of HTTP. */
function noise(dice: Dice, message: string): Buffer {
  if (dice.once(3)) return Buffer.from(message);
  return Buffer.from(Array.from({ length: 1 + dice.below(300) }, () => dice.below(256)));
}
