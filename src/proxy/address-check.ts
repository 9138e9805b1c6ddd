/** Addresses of our own listeners, as `ip:port`. */
export type OwnListeners = ReadonlySet<string>;

/**
 * Says why an IP address from the registry must not be dialled; undefined when it may. The registry is not trusted: an
 * entry must not lead a caller to the cloud's metadata service, back into this proxy, or to an address that is none.
 */
export function addressRefusal(ip: string, port: number, own: OwnListeners): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `${port} is no port from 1 to 65535`;
  const plain = plainAddress(ip);
  if (plain === undefined) return `${ip} is no IP address`;
  const refusal = plain.includes(':') ? refusalOfV6(plain) : refusalOfV4(plain.split('.').map(Number));
  if (refusal !== undefined) return `${ip} is ${refusal}`;
  return own.has(`${plain}:${port}`) ? `${ip}:${port} is a listener of this proxy` : undefined;
}

/** An IP address in its one usual spelling, an IPv4 address in the clothes of IPv6 as what it is. */
export function plainAddress(ip: string): string | undefined {
  if (!ip.includes(':')) return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(ip) ? ip : undefined;
  const spelled = URL.parse(`http://[${ip.replace(/%.*$/, '')}]/`)?.hostname.slice(1, -1);
  if (spelled === undefined) return undefined;
  // Mapped (RFC 4291 §2.5.5.2), its forerunner "compatible", and NAT64 (RFC 6052) carry the IPv4 address at the end.
  const [, high, low] = /^(?:::ffff:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(spelled) ?? [];
  if (high === undefined || low === undefined) return spelled;
  const bits = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}

function refusalOfV4([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string | undefined {
  if (a === 0) return 'unspecified';
  if (a === 169 && b === 254) return 'link-local';
  if (a >= 224 && a < 240) return 'multicast';
  if (a >= 240) return a === 255 && b === 255 && c === 255 && d === 255 ? 'broadcast' : 'reserved';
  return undefined;
}

function refusalOfV6(ip: string): string | undefined {
  if (ip === '::' || ip.startsWith('64:ff9b::')) return ip === '::' ? 'unspecified' : 'no address that can be judged';
  if (/^fe[89ab]/.test(ip)) return 'link-local';
  if (/^ff/.test(ip)) return 'multicast';
  if (ip === 'fd00:ec2::254') return 'the metadata service';
  return undefined;
}
