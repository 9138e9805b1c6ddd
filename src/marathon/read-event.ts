import { DecodeError } from '../consul/decode/decoder.ts';
import { decodeEvent } from './decode-event.ts';
import type { MarathonEvent } from './marathon-event.ts';

/** An event, or why it is none. */
export type EventRead = { readonly event: MarathonEvent } | { readonly problem: string };

/** Reads an event's JSON, whatever it is. @param typeHint what the stream named it */
export function readEvent(text: string, typeHint?: string | undefined): EventRead {
  try {
    return { event: decodeEvent(JSON.parse(text), typeHint) };
  } catch (error) {
    if (error instanceof DecodeError) return { problem: error.message };
    if (error instanceof SyntaxError) return { problem: `no JSON: ${error.message}` };
    throw error;
  }
}
