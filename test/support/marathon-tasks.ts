import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeMarathon } from '../fakes/marathon/fake-marathon.ts';

/** Tasks of a fake Marathon that are real HTTP servers, so that they can be called. */
export class ServingTasks implements AsyncDisposable {
  readonly #marathon: FakeMarathon;
  readonly #servers = new Map<string, Server>();

  constructor(marathon: FakeMarathon) {
    this.#marathon = marathon;
  }

  /** Launches a task of an app whose server answers with the task's id. It is staging until {@link FakeMarathon.start}. */
  async launch(appId: string): Promise<string> {
    const task = this.#marathon.launch(appId);
    const server = createServer((_request, response) => response.end(task.id));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    task.ports = [(server.address() as AddressInfo).port];
    this.#servers.set(task.id, server);
    return task.id;
  }

  /** Ends a task's server at once, as its end would. */
  async end(taskId: string): Promise<void> {
    const server = this.#servers.get(taskId);
    this.#servers.delete(taskId);
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const taskId of [...this.#servers.keys()]) await this.end(taskId);
  }
}
