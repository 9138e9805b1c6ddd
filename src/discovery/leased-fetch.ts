import { CodedError } from '../runtime/coded-error.ts';
import type { PickedInstance } from './picked-instance.ts';

/** Sends a request to a picked instance, and settles it when the answer's body has ended, broken or been cancelled. */
export async function leasedFetch(instance: PickedInstance, path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(urlOn(instance, path), init);
  } catch (error) {
    if (init.signal?.aborted) instance.settle({ kind: 'cancelled' });
    else instance.settle({ kind: 'failed', cause: failure(instance, error) });
    throw error;
  }
  instance.answered();
  const { body, status } = response;
  if (body === null) {
    instance.settle({ kind: 'responded', status });
    return response;
  }
  return new Response(settlingBody(body, instance, status), response);
}

/** The path goes on as it is written; it can never become another host. */
function urlOn(instance: PickedInstance, path: string): string {
  return `${instance.origin}${path.startsWith('/') ? '' : '/'}${path}`;
}

function settlingBody(body: ReadableStream<Uint8Array>, instance: PickedInstance, status: number): ReadableStream {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        instance.settle({ kind: 'responded', status });
        controller.close();
      } catch (error) {
        instance.settle({ kind: 'failed', cause: failure(instance, error) });
        controller.error(error);
      }
    },
    async cancel(reason) {
      instance.settle({ kind: 'cancelled' });
      await reader.cancel(reason);
    },
  });
}

function failure(instance: PickedInstance, cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the request to ${instance.endpoint.id} at ${instance.address} failed: ${reason}`;
  return new CodedError(message, { code: 'request_failed', side: 'upstream', retryable: true, cause });
}
