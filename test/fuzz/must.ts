/** Fails with what was expected and did not hold. */
export function must(holds: boolean, what: string | (() => string)): void {
  if (!holds) throw new Error(typeof what === 'string' ? what : what());
}

/** Plays cases made from seeds, and judges each. */
export interface Fuzz extends AsyncDisposable {
  /** @throws if anything that must hold for every case did not */
  play(seed: number): Promise<void>;
  /** What is in the case, for people. */
  shown(seed: number): string;
}
