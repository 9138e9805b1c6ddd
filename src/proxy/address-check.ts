/** Addresses of our own listeners: `ip:port`; `*:port` for one that listens on all. */
export type OwnListeners = ReadonlySet<string>;

/**
 * Says why an IP address from the registry must not be dialled; undefined when it may. The registry is not trusted: an
 * entry must not lead a caller to the cloud's metadata service, back into this proxy, or to an address that is none.
 */
export function addressRefusal(ip: string, port: number, own: OwnListeners): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `port ${port} is not from 1 to 65535`;
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(ip);
  const refusal = v4 === null ? refusalOfV6(ip.toLowerCase()) : refusalOfV4(v4.slice(1).map(Number));
  if (refusal !== undefined) return `${ip} is ${refusal}`;
  const plain = v4 === null ? ip.toLowerCase() : v4.slice(1).join('.');
  if (own.has(`${plain}:${port}`) || (own.has(`*:${port}`) && isLoopback(plain))) {
    return `${ip}:${port} is a listener of this proxy`;
  }
  return undefined;
}

function refusalOfV4([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string | undefined {
  if (a === 0) return 'unspecified';
  if (a === 169 && b === 254) return 'link-local';
  if (a >= 224 && a < 240) return 'multicast';
  if (a >= 240) return a === 255 && b === 255 && c === 255 && d === 255 ? 'broadcast' : 'reserved';
  return undefined;
}

function refusalOfV6(ip: string): string | undefined {
  const zoneless = ip.replace(/%.*$/, '');
  if (/^[0:]+$/.test(zoneless)) return 'unspecified';
  if (/^fe[89ab]/.test(zoneless)) return 'link-local';
  if (/^ff/.test(zoneless)) return 'multicast';
  if (zoneless === 'fd00:ec2::254') return 'the metadata service';
  // An IPv4 address in other clothes (mapped in hex, compatible, NAT64, 6to4) is only ever meant to slip through.
  if (/^(?:0*:)*(?:ffff:)?[0-9a-f]{1,4}:[0-9a-f]{1,4}$/.test(zoneless) && zoneless.startsWith('::'))
    return 'IPv4 in disguise';
  return undefined;
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
