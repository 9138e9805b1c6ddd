import { type Command, InvalidArgumentError, Option } from 'commander';
import { consulClientOptions } from '../app/consul-parts.ts';
import { ConsulClient } from '../consul/consul-client.ts';
import { configFromFlags } from './config-options.ts';

/** How the commands on KV find Consul: by the configuration, as the sidecar does. */
export interface KvFlags {
  readonly config?: readonly string[];
  readonly consul?: string;
  readonly datacenter?: string;
}

/** Adds the flags by which a command finds Consul. */
export function addKvOptions(command: Command): Command {
  return command
    .addOption(new Option('-c, --config <file...>', 'configuration file, for its consul section'))
    .addOption(
      new Option('--consul <address>', 'address of the Consul agent (default: CONSUL_HTTP_ADDR, or port 8500 here)'),
    )
    .addOption(new Option('--datacenter <name>', 'default: the agent’s own'));
}

/** Does something with a client of its own, and closes it. @throws ConfigError, ConsulError */
export async function withConsul<T>(flags: KvFlags, act: (consul: ConsulClient) => Promise<T>): Promise<T> {
  const { config: files, consul, datacenter } = flags;
  const set = datacenter === undefined ? [] : [`consul.datacenter=${JSON.stringify(datacenter)}`];
  const { config } = configFromFlags({ config: files, consul, set });
  await using client = new ConsulClient(consulClientOptions(config.consul));
  return await act(client);
}

/** Everything on standard input. */
export async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `--cas`: a key's ModifyIndex. */
export function asIndex(text: string): number {
  const index = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(index))
    throw new InvalidArgumentError('Expected a ModifyIndex, or 0.');
  return index;
}

/** `--flags`: any 64 bits. */
export function asFlags(text: string): bigint {
  const flags = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (flags < 0n || flags >= 2n ** 64n) throw new InvalidArgumentError('Expected a number from 0 to 2^64-1.');
  return flags;
}

/** Written whole, also to a pipe that is slower. */
export function writeOut(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(data, (error) => (error ? reject(error) : resolve())));
}
