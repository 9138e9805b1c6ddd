/** An IP address as a number, with its width: 32 or 128 bits. */
interface IpNumber {
  readonly value: bigint;
  readonly bits: 32 | 128;
}

/** A range of addresses. */
export interface IpRange {
  readonly network: IpNumber;
  readonly prefix: number;
}

/** Whether `text` is an IP address; IPv6 without brackets. */
export function isIp(text: string): boolean {
  return parseIp(text) !== undefined;
}

/** Reads `10.0.0.0/8` or `fd00::/8`; undefined when it is none. */
export function parseCidr(text: string): IpRange | undefined {
  const match = /^(?<ip>[^/]+)\/(?<prefix>\d{1,3})$/.exec(text);
  const network = parseIp(match?.groups?.ip ?? '');
  const prefix = Number(match?.groups?.prefix);
  return network === undefined || prefix > network.bits ? undefined : { network, prefix };
}

/** Whether the address is in the range; false when it is none, or of the other family. */
export function isInRange(text: string, { network, prefix }: IpRange): boolean {
  const ip = parseIp(text);
  if (ip === undefined || ip.bits !== network.bits) return false;
  const shift = BigInt(ip.bits - prefix);
  return ip.value >> shift === network.value >> shift;
}

/** Whether the address is this machine's own loopback. */
export function isLoopback(text: string): boolean {
  return text === 'localhost' || text === '::1' || (/^127\./.test(text) && isIp(text));
}

function parseIp(text: string): IpNumber | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpNumber | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return { value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n), bits: 32 };
}

/** The URL parser knows all of IPv6's spellings; what it gives back has one. */
function parseIpv6(text: string): IpNumber | undefined {
  if (!/^[0-9A-Fa-f:.]+$/.test(text)) return undefined;
  const hostname = URL.parse(`http://[${text}]`)?.hostname.slice(1, -1);
  if (hostname === undefined) return undefined;
  const [head = '', tail] = hostname.split('::');
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'));
  const front = groupsOf(head);
  const back = groupsOf(tail ?? '');
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  const value = [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return { value, bits: 128 };
}
