import { type CallOptions, type ClientDuplexStream, type ClientReadableStream, Metadata } from '@grpc/grpc-js';
import type { EchoClient } from './grpc-service.ts';

/** What comes with a call besides its message. */
export interface CallExtras {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly options?: CallOptions;
}

function metadataOf(pairs: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(pairs)) metadata.add(name, value);
  return metadata;
}

/** Makes a unary call; rejects with grpc-js' ServiceError. */
export function unary(
  client: EchoClient,
  request: Buffer,
  { metadata, options = {} }: CallExtras = {},
): Promise<Buffer> {
  const { path, requestSerialize, responseDeserialize } = client.method('Unary');
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadataOf(metadata),
      options,
      (error, answer) => (error === null ? resolve(answer as Buffer) : reject(error)),
    );
  });
}

/** Sends messages and takes one. */
export function collect(client: EchoClient, requests: readonly Buffer[]): Promise<Buffer> {
  const { path, requestSerialize, responseDeserialize } = client.method('Collect');
  return new Promise((resolve, reject) => {
    const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error, answer) =>
      error === null ? resolve(answer as Buffer) : reject(error),
    );
    for (const request of requests) call.write(request);
    call.end();
  });
}

/** Begins a call that sends one message and takes many. */
export function repeat(client: EchoClient, request: Buffer, options: CallOptions = {}): ClientReadableStream<Buffer> {
  const { path, requestSerialize, responseDeserialize } = client.method('Repeat');
  return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, options);
}

/** Begins a call with many messages both ways. */
export function chat(client: EchoClient): ClientDuplexStream<Buffer, Buffer> {
  const { path, requestSerialize, responseDeserialize } = client.method('Chat');
  return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
}
