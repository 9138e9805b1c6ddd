import type { AnswerMeta } from './answer.ts';

/** Where the next read of a watch takes up: blocks on an index or a hash, or on neither. */
export interface PollCursor {
  readonly index: number | undefined;
  readonly hash: string | undefined;
}

/** Asks for the state as it is now, without blocking: at first, and after every failure. */
export const FROM_NOW: PollCursor = { index: undefined, hash: undefined };

/**
 * The cursor after an answer. An index that went down means another history (the agent restarted, deleted keys were
 * forgotten, a snapshot was restored, another server answered): blocking on either index could miss changes or hang
 * for a whole wait, so the next read starts over. So it does when the answer had no usable index.
 */
export function cursorAfter(cursor: PollCursor, meta: AnswerMeta): PollCursor {
  if (meta.contentHash !== undefined) return { index: undefined, hash: meta.contentHash };
  const { index } = meta;
  if (index === undefined) return FROM_NOW;
  return cursor.index !== undefined && index < cursor.index ? FROM_NOW : { index, hash: undefined };
}

/** Whether a read from here blocks. */
export function blocks(cursor: PollCursor): boolean {
  return cursor.index !== undefined || cursor.hash !== undefined;
}
