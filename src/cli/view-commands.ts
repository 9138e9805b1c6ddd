import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../runtime/clock.ts';
import { AdminClient, adminOption } from './admin-client.ts';
import { untilInterrupted } from './interruption.ts';
import { type OutputFormat, printJson, printNote, printTable } from './output.ts';
import { repeat } from './repeat.ts';

/** Flags of the commands that show something. */
interface ViewFlags {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly watch: boolean;
}

/** An instance as `/v1/explain/NAME` tells it. */
interface ExplainedInstance {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly health: string;
  readonly tags: readonly string[];
  readonly isUsed: boolean;
  readonly share: number;
  readonly inFlight: number;
  /** In words; empty for one that is simply used. */
  readonly why: readonly string[];
}

/** What `/v1/explain/NAME` answers, as far as it is printed. */
export interface ExplanationJson {
  readonly name: string;
  readonly state: string;
  readonly policy: string;
  readonly source?: string;
  readonly ageSeconds?: number;
  readonly panic: boolean;
  readonly failover?: string;
  readonly next?: string;
  readonly instances: readonly ExplainedInstance[];
}

/** `pilotfish services`: what there is to call. */
export function servicesCommand(): Command {
  return viewCommand('services', 'the services in the catalog, and their tags').action(async (flags: ViewFlags) => {
    await show(flags, '/v1/services', (services: Readonly<Record<string, readonly string[]>>) => {
      const rows = Object.entries(services).map(([name, tags]) => [name, tags.join(', ') || '–']);
      printTable(
        ['SERVICE', 'TAGS'],
        rows.toSorted(([one = ''], [other = '']) => one.localeCompare(other)),
      );
    });
  });
}

/** `pilotfish instances SERVICE`: who is there. */
export function instancesCommand(): Command {
  return viewCommand('instances', 'the instances of a service as the sidecar sees them')
    .argument('<service>', '[tag.]name[@datacenter]')
    .action(async (service: string, flags: ViewFlags) => {
      await show(flags, `/v1/explain/${encodeURIComponent(service)}`, ({ instances }: ExplanationJson) => {
        const rows = instances.map(({ id, host, port, health, isUsed, inFlight, tags }) => [
          id,
          `${host}:${port}`,
          health,
          isUsed ? 'yes' : 'no',
          String(inFlight),
          tags.join(', ') || '–',
        ]);
        printTable(['INSTANCE', 'ADDRESS', 'HEALTH', 'USED', 'IN FLIGHT', 'TAGS'], rows);
      });
    });
}

/** `pilotfish explain SERVICE|URL`: why a request goes where it goes. */
export function explainCommand(): Command {
  return viewCommand('explain', 'each instance of a service: whether it is used, and why; sends nothing')
    .argument('<service-or-url>', '[tag.]name[@datacenter], or a URL as the app calls it', serviceIn)
    .action(async (service: string, flags: ViewFlags) => {
      await show(flags, `/v1/explain/${encodeURIComponent(service)}`, printExplanation);
    });
}

function printExplanation(explanation: ExplanationJson): void {
  const { summary, rows } = explanationTable(explanation);
  process.stdout.write(`${summary}\n\n`);
  printTable(['  INSTANCE', 'USED', 'SHARE', 'WHY'], rows);
  if (explanation.next !== undefined) process.stdout.write('\n→ gets the next request\n');
}

/** An explanation as it is printed: what holds for all, and a row for each instance with why it is used or not. */
export function explanationTable(explanation: ExplanationJson): {
  readonly summary: string;
  readonly rows: readonly (readonly string[])[];
} {
  const { name, state, policy, source, ageSeconds, panic, failover, next, instances } = explanation;
  const facts = [
    `${name}: ${state}`,
    policy,
    ...(source === undefined
      ? []
      : [`from ${source}, ${ageSeconds === undefined ? '?' : Math.round(ageSeconds)} s old`]),
    ...(failover === undefined ? [] : [`failed over to ${failover}`]),
    ...(panic ? ['panic: too few are usable, so all are used'] : []),
  ];
  const rows = instances.map(({ id, isUsed, share, why }) => [
    id === next ? `→ ${id}` : `  ${id}`,
    isUsed ? 'yes' : 'no',
    isUsed ? `${(share * 100).toFixed(1)} %` : '–',
    why.join('; ') || 'healthy',
  ]);
  return { summary: facts.join(' · '), rows };
}

/**
 * The service that a URL calls by path or by host, or the text itself when it is no URL.
 * @throws InvalidArgumentError for what looks like a URL and is none
 */
export function serviceIn(target: string): string {
  if (!/^https?:\/\//.test(target)) return target.replace(/^\//, '').split('/')[0] ?? target;
  const url = URL.parse(target);
  if (url === null) throw notCallable();
  const { hostname, pathname } = url;
  const byHost = /^(.+)\.localhost$/.exec(hostname)?.[1] ?? /^(.+)\.service(?:\.([^.]+))?\.consul$/.exec(hostname);
  if (typeof byHost === 'string') return byHost;
  if (byHost !== null && byHost !== undefined)
    return byHost[2] === undefined ? (byHost[1] ?? '') : `${byHost[1]}@${byHost[2]}`;
  try {
    return decodeURIComponent(pathname.split('/')[1] ?? '');
  } catch {
    throw notCallable();
  }
}

function notCallable(): InvalidArgumentError {
  return new InvalidArgumentError('Expected a URL as the app calls it, such as http://localhost:7700/orders/.');
}

function viewCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(adminOption())
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
    .option('-w, --watch', 'again every 2 s, until Ctrl-C', false);
}

async function show<T>({ admin, output, watch }: ViewFlags, path: string, print: (answer: T) => void): Promise<void> {
  const client = new AdminClient(admin);
  const ask = async (): Promise<() => void> => {
    const answer = await client.get<T>(path);
    return () => (output === 'json' ? printJson(answer) : print(answer));
  };
  if (!watch) return (await ask())();
  const stop = new AbortController();
  void untilInterrupted().then(() => stop.abort());
  const onTrouble = (message: string) => printNote(`${message}\nwhat is shown is old; asking again …`);
  await repeat({ ask, out: process.stdout, onTrouble, clock: systemClock }, stop.signal);
}
