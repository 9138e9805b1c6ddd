/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/**
 * Names of fields whose values are never written, whatever they hold: compared in lower case without `-` and `_`, by
 * their end, so that `consulToken`, `x-consul-token` and `CONSUL_HTTP_TOKEN` are all meant. (docs/http-contract.md 22)
 */
export const secretEnds: readonly string[] = [
  'authorization',
  'cookie',
  'token',
  'password',
  'passwd',
  'secret',
  'apikey',
  'secretid',
  'privatekey',
  'credential',
  'credentials',
];

const known = new Map<string, boolean>();

/** Field names come from our own code, so few exist; the bound is for the case that one day they do not. */
const MAX_KNOWN = 4096;

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const plain = name.toLowerCase().replace(/[-_.]/g, '');
  const secret = secretEnds.some((end) => plain.endsWith(end));
  if (known.size < MAX_KNOWN) known.set(name, secret);
  return secret;
}

/**
 * Credentials inside free text: `Bearer …` and `Basic …`, `user:password@` of a URL, a whole `Authorization: …` or `Cookie: …` to
 * the end of its line, `token: …` and its like, and the
 * values of a query (`?a=b&c=d`), of which only the names stay.
 */
const authScheme = /\b(bearer|basic)\s+[^\s,;"']+/gi;
const userInfo = /(\/\/)[^\s/@?#]+@/g;
const wholeField = /((?:authorization|cookie)["']?\s*[:=]\s*["']?)(?!\[redacted\])[^\n"']+/gi;
const namedSecret = /((?:token|password|secret|api[-_]?key)["']?\s*[:=]\s*["']?)(?!\[redacted\])[^\s"'&,;}]+/gi;
const queryPart = /([?&;][^\s=&#?;]*=)(?!\[redacted\])[^\s&#;"']*/g;
/** One of the characters or words without which none of the above can match. */
const suspicious = /[=@]|bearer|basic|authorization|cookie|token|password|secret|api.?key/i;

/** `text` with credentials and query values taken out. Free of cost in memory when there are none. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text
    .replace(wholeField, `$1${REDACTED}`)
    .replace(authScheme, `$1 ${REDACTED}`)
    .replace(userInfo, `$1${REDACTED}@`)
    .replace(queryPart, `$1${REDACTED}`)
    .replace(namedSecret, `$1${REDACTED}`);
}
