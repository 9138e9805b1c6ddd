import { ConsulError } from './consul-error.ts';

/**
 * The path of a key, each segment encoded. Consul answers keys with a leading slash, an empty segment, `.` or `..` with
 * a redirect to another key, so those are refused here. A trailing slash is fine: that is how folders are written.
 * @throws ConsulError `BadRequest`
 */
export function keyPath(key: string, method: string): string {
  const problem = problemOf(key);
  if (problem !== undefined) {
    throw new ConsulError({
      kind: 'BadRequest',
      method,
      path: '/v1/kv/…',
      problem: `key ${JSON.stringify(key)} ${problem}`,
    });
  }
  return key.split('/').map(encodeURIComponent).join('/');
}

function problemOf(key: string): string | undefined {
  if (key === '') return undefined;
  if (!key.isWellFormed()) return 'is not valid Unicode';
  if (key.startsWith('/')) return 'starts with a slash: leave it out';
  if (key.includes('//')) return 'has an empty segment (//)';
  const dots = key.split('/').find((segment) => segment === '.' || segment === '..');
  return dots === undefined ? undefined : `has a segment "${dots}", which Consul would resolve to another key`;
}
