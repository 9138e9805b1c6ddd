/** A program that a bench starts, and what it is called there. */
export interface Program {
  /** Empty when there is only one. */
  readonly name: string;
  readonly program: string;
}

/** What is named on the command line as `name=program`; nothing: the build of this checkout. */
export function programsOf(named: readonly string[]): readonly Program[] {
  if (named.length === 0) return [{ name: '', program: 'dist/cli/main.js' }];
  return named.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new Error(`"${text}": name the program, as in before=/elsewhere/dist/cli/main.js`);
    return { name: text.slice(0, at), program: text.slice(at + 1) };
  });
}
