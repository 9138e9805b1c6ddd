import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { DecodeError, type Decoder, decodeList } from './decoder.ts';
import { listElements } from './list-elements.ts';
import { parseJson } from './parse-json.ts';

/**
 * This much of an answer is decoded at a stretch, some 2 ms; then others have their turn. An answer of 10,000 instances
 * has 12 MB, and would else hold up every request for 300 ms.
 */
const STRETCH_BYTES = 64 * 1024;

/** Of small answers, whose places are not kept. */
const NO_PLACES: readonly number[] = [];

/** Elements that are added, removed or changed in one place: so far the elements behind them are looked for. */
const LOOK_AHEAD = 16;

/**
 * The elements of the last answer, so that of the next one only those that changed are decoded. The others come back as
 * the same objects, which makes comparing the answers cheap too. Lists mostly keep their order, so both are walked side
 * by side; an element that moved far is decoded as if it were new.
 *
 * The answer is kept as one string: thousands of small ones would be copied by the garbage collector, at a stretch.
 * Small answers are not worth their memory, most of what a thousand watches would hold: of those only a digest is kept,
 * so that one that is the same as a whole, as most are when polls end without news, gives the same list as before.
 */
export class ElementMemo<T> {
  readonly #leastBytes: number;
  #text = '';
  #ends = NO_PLACES;
  #starts = NO_PLACES;
  #elements: readonly T[] = [];
  /** Of the last answer, if that was small. */
  #digest = '';
  /** Where the next element is expected. */
  #at = 0;

  /** @param leastBytes of smaller answers only the list is kept, and a digest */
  constructor(leastBytes = 0) {
    this.#leastBytes = leastBytes;
  }

  /** The list of the last answer, if that was a small one with this digest. */
  listOf(digest: string): readonly T[] | undefined {
    return digest !== '' && digest === this.#digest ? this.#elements : undefined;
  }

  /** Whether an answer of this length is kept. */
  keeps(bytes: number): boolean {
    return bytes >= this.#leastBytes;
  }

  /** Begins with the next answer. */
  rewind(): void {
    this.#at = 0;
  }

  /** The element that had this text in the last answer, behind the one that was found before. */
  next(text: string): T | undefined {
    const end = Math.min(this.#at + LOOK_AHEAD, this.#ends.length);
    for (let index = this.#at; index < end; index++) {
      const [from, to] = [this.#starts[index] as number, this.#ends[index] as number];
      if (to - from !== text.length || this.#text.slice(from, to) !== text) continue;
      this.#at = index + 1;
      return this.#elements[index];
    }
    return undefined;
  }

  /** Keeps an answer, its elements and where they are, in place of the last one. */
  keep({ text, starts, ends, elements, digest }: DecodedAnswer<T>): void {
    this.#text = text;
    this.#starts = starts;
    this.#ends = ends;
    this.#elements = elements;
    this.#digest = digest;
  }
}

/**
 * An answer's elements. Of a large one also its text (a character for each byte) and their places in it; of a small one
 * its digest.
 */
interface DecodedAnswer<T> {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly elements: readonly T[];
  readonly digest: string;
}

/**
 * Decodes a list that may be large, in stretches.
 * @param memo where the elements of a watch's last answer are; undefined for a single read
 * @throws DecodeError
 */
export async function decodeLargeList<T>(
  body: Buffer,
  item: Decoder<T>,
  memo?: ElementMemo<T> | undefined,
): Promise<readonly T[]> {
  const isKept = memo?.keeps(body.length) === true;
  const digest = memo === undefined || isKept ? '' : hash('sha256', body, 'base64');
  const last = memo?.listOf(digest);
  if (last !== undefined) return last;
  const text = isKept ? body.toString('latin1') : '';
  const starts: number[] = [];
  const ends: number[] = [];
  const answer = {
    text,
    starts: isKept ? starts : NO_PLACES,
    ends: isKept ? ends : NO_PLACES,
    elements: [] as T[],
    digest,
  };
  const elements = listElements(body);
  let stretchEnd = STRETCH_BYTES;
  memo?.rewind();
  for (let next = elements.next(); ; next = elements.next()) {
    if (next.done === true) {
      if (!next.value) return decodeList(item)(parseJson(body));
      if (memo === undefined) return answer.elements;
      // A copy is as long as it must be; what was pushed to may have half as much room again.
      const list = answer.elements.slice();
      memo.keep({ ...answer, elements: list });
      return list;
    }
    const [start, end] = next.value;
    const known = isKept ? memo?.next(text.slice(start, end)) : undefined;
    answer.elements.push(known ?? decodeElement(body.subarray(start, end), item, answer.elements.length));
    if (isKept) {
      starts.push(start);
      ends.push(end);
    }
    if (end >= stretchEnd) {
      stretchEnd = end + STRETCH_BYTES;
      await setImmediate();
    }
  }
}

function decodeElement<T>(text: Buffer, item: Decoder<T>, index: number): T {
  try {
    return item(parseJson(text));
  } catch (error) {
    throw error instanceof DecodeError ? error.within(index) : error;
  }
}
