import { seededRandom } from '../../src/runtime/random.ts';
import { generateRequest } from './generate.ts';
import { LISTED } from './listed-differences.ts';
import { Dice, mutate } from './mutate.ts';
import { NodeParser, type Understood, type Verdict } from './node-verdict.ts';
import { isOwn, ProxyParser, type ProxyVerdict } from './proxy-verdict.ts';

/** A way in which the two differ: pilotfish refuses what Node takes, or the other way round. */
export interface Difference {
  readonly kind: 'stricter' | 'laxer' | 'other';
  readonly what: string;
}

/** What a run of comparisons found. */
export interface Comparison {
  readonly cases: number;
  /** Cases on which Node came to no verdict. */
  readonly undecided: number;
  /** How often each listed difference was seen. */
  readonly listed: ReadonlyMap<string, number>;
  /** Cases that no row of the list explains: seed, bytes, and what differed. */
  readonly unlisted: readonly { readonly seed: number; readonly bytes: string; readonly what: string }[];
}

/** The bytes of a case: one request, mutated up to three times, and a second one that must come out unharmed. */
function comparisonBytes(seed: number): Buffer {
  const dice = new Dice(seededRandom(seed));
  let text = generateRequest(dice, { id: 'first', odd: dice.once(3) });
  for (let changes = dice.below(4); changes > 0; changes--) text = mutate(text, dice);
  return Buffer.from(`${text}GET /svc/second HTTP/1.1\r\nHost: localhost\r\nX-Id: second\r\n\r\n`, 'latin1');
}

/** Runs cases from `seed` on until `until` says stop or one is unlisted `atMost` times. */
export async function compareWithNode(
  seed: number,
  until: (cases: number) => boolean,
  atMost = 1,
): Promise<Comparison> {
  await using node = await NodeParser.start();
  await using proxy = await ProxyParser.start();
  const listed = new Map<string, number>();
  const unlisted: { seed: number; bytes: string; what: string }[] = [];
  let cases = 0;
  let undecided = 0;
  for (; !until(cases) && unlisted.length < atMost; cases++) {
    const bytes = comparisonBytes(seed + cases);
    const theirs = await node.judge(bytes);
    if (theirs === undefined) {
      undecided += 1;
      continue;
    }
    const ours = await proxy.judge(bytes);
    const difference = differenceOf(theirs, ours);
    if (difference === undefined) continue;
    const text = bytes.toString('latin1');
    const row = LISTED.find((candidate) => candidate.kind === difference.kind && candidate.matches(text, ours));
    if (row === undefined) {
      unlisted.push({
        seed: seed + cases,
        bytes: JSON.stringify(text),
        what: `${difference.kind}: ${difference.what}`,
      });
    } else {
      listed.set(row.name, (listed.get(row.name) ?? 0) + 1);
    }
  }
  return { cases, undecided, listed, unlisted };
}

/** Answers about where a request leads, and none about its bytes. */
const ROUTED_AWAY: ReadonlySet<number> = new Set([403, 404, 405]);

/** How the two verdicts differ; undefined when both understood the same. */
function differenceOf(theirs: Verdict, ours: ProxyVerdict): Difference | undefined {
  if (ours.broken !== undefined) return { kind: 'other', what: `broken: ${ours.broken}` };
  const shown = `node ${JSON.stringify(theirs)}, pilotfish ${JSON.stringify(shownVerdict(ours))}`;
  let forwarded = 0;
  for (const [index, answer] of ours.answers.entries()) {
    const their = theirs.requests[index];
    if (isOwn(answer)) {
      const isLast = index === ours.answers.length - 1;
      if (their === undefined) return isLast && theirs.refused ? undefined : { kind: 'laxer', what: shown };
      if (isLast && ours.refused && !ROUTED_AWAY.has(answer.status)) return { kind: 'stricter', what: shown };
      continue;
    }
    const our = ours.forwarded[forwarded];
    forwarded += 1;
    if (our === undefined) return { kind: 'other', what: `an answer without a request: ${shown}` };
    if (their === undefined) return { kind: 'laxer', what: shown };
    if (!isSame(their, our)) return { kind: 'other', what: shown };
  }
  if (ours.forwarded.length !== forwarded) return { kind: 'other', what: `a request without an answer: ${shown}` };
  if (theirs.requests.length > ours.answers.length) return { kind: 'stricter', what: shown };
  return undefined;
}

/** The same request, as far as the proxy is to pass it on: its rest of the path, its body, the fields it may not touch. */
function isSame(their: Understood, our: Understood): boolean {
  const path = their.target.replace(/^http:\/\/[^/?]*/i, '');
  const rest = path.replace(/^\/svc(?=[/?]|$)/i, '');
  const targets = [path, rest, `/${rest}`];
  const kept = new Set(their.fields);
  return (
    their.method === our.method &&
    targets.includes(our.target) &&
    their.body === our.body &&
    our.fields.every((field) => kept.has(field))
  );
}

function shownVerdict({ forwarded, answers, refused }: ProxyVerdict): unknown {
  const bodies = answers.map((answer) => (isOwn(answer) ? `${answer.status} ${answer.body}` : answer.status));
  return { forwarded, answers: bodies, refused };
}
