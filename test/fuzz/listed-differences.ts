import { METHODS } from 'node:http';
import type { ProxyVerdict } from './proxy-verdict.ts';

/** A difference between pilotfish and Node's parser that is meant. */
export interface ListedDifference {
  readonly name: string;
  /** Pilotfish refuses what Node takes (`stricter`) or takes what Node refuses (`laxer`). */
  readonly kind: 'stricter' | 'laxer';
  /** Whether a case shows this difference and may be explained by it: by its bytes, and by what pilotfish said. */
  readonly matches: (bytes: string, ours: ProxyVerdict) => boolean;
  readonly why: string;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

/** What the last answer says of the rule that was broken. */
const refusal = ({ answers }: ProxyVerdict): string => answers.at(-1)?.body.toString('latin1') ?? '';

function hasUnknownMethod(bytes: string, { forwarded }: ProxyVerdict): boolean {
  if (forwarded.some(({ method }) => !METHODS.includes(method))) return true;
  const lines = bytes.matchAll(new RegExp(`(${TOKEN}) [^\\s]+ HTTP/1[.][01]\r\n`, 'g'));
  return [...lines].some(([, method = '']) => !METHODS.includes(method));
}

/** Every class of difference, with its reason. One that is not here fails the fuzz test. */
export const LISTED: readonly ListedDifference[] = [
  {
    name: 'Host is checked',
    kind: 'stricter',
    matches: (_, ours) => /\bHost\b/.test(refusal(ours)),
    why: 'Node leaves Host to the application; a proxy routes by it, so it must be there once and be a host.',
  },
  {
    name: 'bytes that a target must not have',
    kind: 'stricter',
    matches: (bytes, ours) =>
      /\btarget\b/.test(refusal(ours)) && /^[^\r\n]* [^\r\n]*[#\\\x7f-\xff][^\r\n]* HTTP\//m.test(bytes),
    why: 'Node takes # and bytes above 127 in a target, which origins read differently; RFC 9112 §3.2 has neither.',
  },
  {
    name: 'forms of the target',
    kind: 'stricter',
    matches: (bytes, ours) =>
      /\btargets?\b/.test(refusal(ours)) && new RegExp(`${TOKEN} (\\*|[^/\\s]\\S*) HTTP/1`).test(bytes),
    why: 'Node hands * and any other text to the application; a proxy can only route a path or an http:// URL.',
  },
  {
    name: 'names of services',
    kind: 'stricter',
    matches: (_, ours) => /\[tag\.\]name/.test(refusal(ours)),
    why: 'Routing, not parsing: a first segment that Consul cannot have as a name leads nowhere.',
  },
  {
    name: 'a request line without a version',
    kind: 'stricter',
    matches: (bytes, ours) =>
      /\btarget\b|HTTP\/1\.1/.test(refusal(ours)) && new RegExp(`^${TOKEN} [^ \r\n]*\r?\n`, 'm').test(bytes),
    why: 'Node takes it for HTTP/0.9, which has no head; what follows would be another request.',
  },
  {
    name: 'several blanks in a request line',
    kind: 'stricter',
    matches: (bytes, ours) => /\btarget\b|HTTP\/1\.1/.test(refusal(ours)) && /^\S+ {2,}\S|\S {2,}HTTP\//m.test(bytes),
    why: 'Node skips them; RFC 9112 §3 has one, and where there are more, two parsers may split the line differently.',
  },
  {
    name: 'closed with a request half read',
    kind: 'stricter',
    matches: (_, ours) => ours.refused && [403, 404, 405].includes(ours.answers.at(-1)?.status ?? 0),
    why: 'A request that leads nowhere is answered before its body came, and the body is not waited for.',
  },
  {
    name: 'versions',
    kind: 'stricter',
    matches: (bytes, ours) => /HTTP\/1\.1/.test(refusal(ours)) && /HTTP\/(0\.9|2\.0)\r\n/.test(bytes),
    why: 'Node takes HTTP/0.9 and HTTP/2.0 in a request line; neither has a head of this form.',
  },
  {
    name: 'empty lines before a request',
    kind: 'stricter',
    matches: (bytes, ours) => /\bmethod\b/.test(refusal(ours)) && /[\r\n]{2}/.test(bytes),
    why: 'Node skips any number of CR and LF before a request line; RFC 9112 §2.2 asks for one empty line at most.',
  },
  {
    name: 'expectations',
    kind: 'stricter',
    matches: (bytes, ours) => /\bExpect\b/.test(refusal(ours)) && /\r\nexpect:/i.test(bytes),
    why: 'There is one expectation; another one cannot be met, and RFC 9110 §10.1.1 lets a server say so.',
  },
  {
    name: 'codings on HTTP/1.0, and codings beside chunked',
    kind: 'stricter',
    matches: (bytes, ours) => /\bTransfer-Encoding\b/.test(refusal(ours)) && /\r\ntransfer-encoding:/i.test(bytes),
    why: 'Node reads chunks on HTTP/1.0 and lists that end in chunked; an origin may not (RFC 9112 §6.1).',
  },
  {
    name: 'members of Connection',
    kind: 'stricter',
    matches: (bytes, ours) => /\bConnection\b/.test(refusal(ours)) && /\r\nconnection:/i.test(bytes),
    why: 'What Connection lists is stripped; a member that is no name makes it unclear what that is.',
  },
  {
    name: 'methods that Node does not know',
    kind: 'laxer',
    matches: hasUnknownMethod,
    why: 'A method is any token (RFC 9110 §9.1); Node has a fixed list, origins have others.',
  },
  {
    name: 'what chunk extensions are made of',
    kind: 'laxer',
    matches: (bytes) => /\r\n[0-9a-f]+;[^\r\n]*\r\n/i.test(bytes),
    why: 'Node checks the syntax of extensions; pilotfish bounds them, takes no control characters, and drops them.',
  },
  {
    name: 'what follows a request for an upgrade',
    kind: 'laxer',
    matches: (bytes) => /\r\nupgrade:/i.test(bytes),
    why: 'Node reads no further after a request with Upgrade and chunks; pilotfish ignores that Upgrade (RFC 9110 §7.8).',
  },
  {
    name: 'framing fields in trailers',
    kind: 'laxer',
    matches: (bytes) =>
      /\r\n0+(;[^\r\n]*)?\r\n([^\r\n]+\r\n)*(connection|content-length|transfer-encoding|upgrade):/i.test(bytes),
    why: 'Node reads them as if they could still frame; pilotfish drops them, as RFC 9110 §6.5.1 has it.',
  },
];
