/** What an app of the bench does with a request. Health checks are always answered. */
export type AppBehaviour =
  /** Answers with this status, after `workMs`. */
  | { readonly kind: 'answer'; readonly status: number; readonly workMs: number }
  /** Reads the request and never answers. */
  | { readonly kind: 'hang' }
  /** Executes the request, then resets the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** Begins an answer and resets in the middle of its body. */
  | { readonly kind: 'break' };

/** Answers at once. */
export const WELL: AppBehaviour = { kind: 'answer', status: 200, workMs: 0 };
