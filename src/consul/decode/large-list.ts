import { setImmediate } from 'node:timers/promises';
import { DecodeError, type Decoder, decodeList } from './decoder.ts';
import { listElements } from './list-elements.ts';
import { parseJson } from './parse-json.ts';

/**
 * This much of an answer is decoded at a stretch, some 2 ms; then others have their turn. An answer of 10,000 instances
 * has 12 MB, and would else hold up every request for 300 ms.
 */
const STRETCH_BYTES = 64 * 1024;

/**
 * The elements of the last answer by their text, so that of the next one only those that changed are decoded. The others
 * come back as the same objects, which makes comparing the answers cheap too.
 */
export class ElementMemo<T> {
  #last: ReadonlyMap<string, T> = new Map();

  /** The element that had this text in the last answer. */
  get(text: string): T | undefined {
    return this.#last.get(text);
  }

  /** Keeps the elements of an answer in place of the last one's. */
  keep(elements: ReadonlyMap<string, T>): void {
    this.#last = elements;
  }
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
  const decoded: T[] = [];
  const texts = new Map<string, T>();
  const elements = listElements(body);
  let stretchEnd = STRETCH_BYTES;
  for (let next = elements.next(); ; next = elements.next()) {
    if (next.done === true) {
      if (!next.value) return decodeList(item)(parseJson(body));
      memo?.keep(texts);
      return decoded;
    }
    const [start, end] = next.value;
    const text = memo === undefined ? '' : body.toString('latin1', start, end);
    const element = memo?.get(text) ?? decodeElement(body.subarray(start, end), item, decoded.length);
    decoded.push(element);
    if (memo !== undefined) texts.set(text, element);
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
