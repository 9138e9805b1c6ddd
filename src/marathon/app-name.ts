/**
 * The name in Consul of an app or pod: the leading slash off, the others `-`, as Consular has it. Ids as different as
 * `/a/b` and `/a-b` become one name; see `NameClash`.
 */
export function appName(appId: string): string {
  return appId.replace(/^\//, '').replaceAll('/', '-');
}
