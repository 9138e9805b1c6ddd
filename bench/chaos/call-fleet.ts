/** What a caller got, and how long it took. */
export interface Got {
  readonly status: number;
  readonly proxyStatus: string;
  readonly tookMs: number;
}

/** Calls the service `fleet` through a sidecar. */
export async function callFleet(proxyUrl: string, method = 'GET'): Promise<Got> {
  const beganMs = performance.now();
  const answer = await fetch(`${proxyUrl}/fleet/work`, { method });
  await answer.arrayBuffer();
  const proxyStatus = answer.headers.get('proxy-status') ?? '';
  return { status: answer.status, proxyStatus, tookMs: performance.now() - beganMs };
}
