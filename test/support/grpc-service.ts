import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js';

/** A method that takes and gives bytes, without any proto. */
function method(name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer) => bytes;
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

type MethodName = 'Unary' | 'Collect' | 'Repeat' | 'Chat';

const methods: Readonly<Record<MethodName, MethodDefinition<Buffer, Buffer>>> = {
  Unary: method('Unary', false, false),
  Collect: method('Collect', true, false),
  Repeat: method('Repeat', false, true),
  Chat: method('Chat', true, true),
};

/** What a {@link GrpcServer} does instead of its defaults. */
export interface EchoScript {
  /** Default: the request. */
  readonly Unary?: handleUnaryCall<Buffer, Buffer>;
  /** Default: all requests, one after the other. */
  readonly Collect?: handleClientStreamingCall<Buffer, Buffer>;
  /** Default: the request, three times. */
  readonly Repeat?: handleServerStreamingCall<Buffer, Buffer>;
  /** Default: each request as it comes. */
  readonly Chat?: handleBidiStreamingCall<Buffer, Buffer>;
}

/** A running server of `test.Echo`. */
export interface GrpcServer extends AsyncDisposable {
  readonly address: string;
  /** Calls that have come. */
  readonly calls: number;
  /** Stops at once, connections included. */
  kill(): void;
}

/** Starts a server of `test.Echo`. */
export async function startGrpcServer(script: EchoScript): Promise<GrpcServer> {
  const server = new Server();
  const running = {
    calls: 0,
    address: '',
    kill: () => server.forceShutdown(),
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
  const counted = <Call extends unknown[]>(handle: (...call: Call) => void) => {
    return (...call: Call) => {
      running.calls += 1;
      handle(...call);
    };
  };
  const { Unary, Collect, Repeat, Chat } = { ...defaults, ...script };
  server.addService(methods, {
    Unary: counted(Unary),
    Collect: counted(Collect),
    Repeat: counted(Repeat),
    Chat: counted(Chat),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  running.address = `127.0.0.1:${port}`;
  return running;
}

const defaults: Required<EchoScript> = {
  Unary: ({ request }, done) => done(null, request),
  Collect: (call, done) => {
    const pieces: Buffer[] = [];
    call.on('data', (piece: Buffer) => pieces.push(piece));
    call.on('end', () => done(null, Buffer.concat(pieces)));
  },
  Repeat: (call) => {
    for (let time = 0; time < 3; time++) call.write(call.request);
    call.end();
  },
  Chat: (call) => {
    call.on('data', (piece: Buffer) => call.write(piece));
    call.on('end', () => call.end());
  },
};

/** A client of `test.Echo` that closes itself with `using`. */
export class EchoClient extends Client implements Disposable {
  readonly #prefix: string;

  /** @param prefix stands before the path of each method: `/orders` */
  constructor(address: string, authority: string, prefix: string) {
    super(address, credentials.createInsecure(), {
      ...(authority === '' ? {} : { 'grpc.default_authority': authority }),
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#prefix = prefix;
  }

  /** The definition of a method as this client calls it. */
  method(name: MethodName): MethodDefinition<Buffer, Buffer> {
    return { ...methods[name], path: `${this.#prefix}${methods[name].path}` };
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A client on a connection of its own to the proxy at `port`, that names its service by authority or by path. */
export function echoClient(port: number, authority: string, prefix = ''): EchoClient {
  return new EchoClient(`127.0.0.1:${port}`, authority, prefix);
}
