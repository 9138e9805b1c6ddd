/** The oldest Node that the program runs on; the `engines` of package.json say the same, and npm only warns of them. */
const OLDEST = { major: 22, minor: 19 } as const;

/** Why the program cannot run on this version of Node (`22.19.0`); undefined when it can. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return undefined;
  return `pilotfish needs Node ${OLDEST.major}.${OLDEST.minor} or later, and this is ${version}: install a newer one (https://nodejs.org)`;
}
