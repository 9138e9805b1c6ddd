import { startGrpcServer } from './grpc-service.ts';

// A server of test.Echo as a process of its own, to be killed. Takes 2 ms for an answer; tells its address.
const { address } = await startGrpcServer({ Unary: ({ request }, done) => void setTimeout(done, 2, null, request) });
process.stdout.write(`${address}\n`);
