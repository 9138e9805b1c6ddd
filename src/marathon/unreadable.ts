import { DecodeError, type Decoder, decodeList, decodeObject, field } from '../consul/decode/decoder.ts';
import { decodeId } from './decode-task.ts';

/** An app or pod whose JSON could not be understood. What is registered of it must be left as it is. */
export interface Unreadable {
  readonly id: string;
  /** Where and why: `apps[3].ports[0]: expected a port, got "x"`. */
  readonly problem: string;
}

/** What a list held, those that could not be read apart. */
export interface ReadList<T> {
  readonly read: readonly T[];
  readonly unreadable: readonly Unreadable[];
}

const decodeOwnId: Decoder<string> = (value) => field(decodeObject(value), 'id', decodeId);

/**
 * Reads a list so that one entry of a shape not known does not hide all others.
 * @throws DecodeError when an entry has not even an id: nobody could tell what must then be left alone
 */
export function decodeEach<T>(decode: Decoder<T>): (list: unknown, path: string) => ReadList<T> {
  return (list, path) => {
    const read: T[] = [];
    const unreadable: Unreadable[] = [];
    let index = 0;
    const entries = decodeList((entry) => ({ entry, id: decodeOwnId(entry) }))(list);
    for (const { entry, id } of entries) {
      try {
        read.push(decode(entry));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        unreadable.push({ id, problem: error.within(index).within(path).message });
      }
      index += 1;
    }
    return { read, unreadable };
  };
}
