/** Gives the ACL token for the next request; undefined for none. */
export interface TokenSource {
  /** @throws Error when there must be one and it cannot be had */
  token(): Promise<string | undefined>;
  /** Called when Consul refused the last one: a newer one is looked for at once. */
  refused(): void;
}

/** A token that never changes. */
export function fixedToken(token: string | undefined): TokenSource {
  return { token: async () => token, refused: () => {} };
}
