/** This environment without what would configure pilotfish or Node. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const mine = /^(?:CONSUL|SERVICE|PILOTFISH|OTEL|NODE)_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !mine.test(name)));
}
