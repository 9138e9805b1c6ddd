import { InvalidArgumentError } from 'commander';
import { parseConsulAddress } from '../consul/consul-address.ts';

/** A port. @throws InvalidArgumentError */
export function asPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return port;
}

/** Seconds, as Consular takes them; `90`, `0.5`. @throws InvalidArgumentError */
export function asSeconds(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError('Expected a number of seconds.');
  return Number(text);
}

/** {@link asSeconds}, above 0. @throws InvalidArgumentError */
export function asSomeSeconds(text: string): number {
  const seconds = asSeconds(text);
  if (seconds === 0) throw new InvalidArgumentError('Expected a number of seconds above 0.');
  return seconds;
}

/** `50%` as 0.5. @throws InvalidArgumentError */
export function asShare(text: string): number {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  const share = Number(match?.[1]) / 100;
  if (match === null || share > 1) throw new InvalidArgumentError('Expected a share from 0% to 100%.');
  return share;
}

/** `host` or `host:port`; IPv6 in brackets. @throws InvalidArgumentError */
export function asAuthority(text: string): string {
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[1] ?? 1);
  if (match === null || port < 1 || port > 65_535) throw new InvalidArgumentError('Expected host or host:port.');
  return text;
}

/** An address that the Consul client takes. @throws InvalidArgumentError */
export function asConsul(text: string): string {
  try {
    parseConsulAddress(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** `user:password`. @throws InvalidArgumentError */
export function asCredentials(text: string): string {
  if (!/^[^:]+:/.test(text)) throw new InvalidArgumentError('Expected user:password.');
  return text;
}

/** A registration id: it stands in tags, in a URL and in a key of Consul's. @throws InvalidArgumentError */
export function asRegistrationId(text: string): string {
  if (!/^[^\p{Cc}/]{1,128}$/u.test(text))
    throw new InvalidArgumentError('Expected 1 to 128 characters, none of them a slash or a control character.');
  return text;
}

/** One address of Marathon's or a comma list, after those of earlier flags. @throws InvalidArgumentError */
export function asMarathons(text: string, before: unknown): readonly string[] {
  const earlier = Array.isArray(before) ? before : [];
  return [...earlier, ...text.split(',').map((part) => asMarathon(part.trim()))];
}

function asMarathon(text: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('Expected http://host:port or https://host:port.');
  if (url.username !== '' || url.password !== '')
    throw new InvalidArgumentError('Give user and password by --marathon-auth or its variable.');
  return url.href.replace(/\/+$/, '');
}

/** A variable that stands for a flag that is on or off. @throws InvalidArgumentError */
export function asSwitch(text: string): boolean {
  if (/^(?:1|true|yes|on)$/i.test(text)) return true;
  if (/^(?:0|false|no|off)$/i.test(text)) return false;
  throw new InvalidArgumentError('Expected true or false.');
}
