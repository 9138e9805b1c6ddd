import { Command, Option } from 'commander';
import { runDoctor } from '../app/doctor/doctor.ts';
import { AdminClient } from './admin-client.ts';
import { addConfigOptions, type ConfigFlags, configFromFlags } from './config-options.ts';
import { EXIT } from './exit-code.ts';
import { printable, printJson, styled, wrapped } from './output.ts';

type Diagnosis = Awaited<ReturnType<typeof runDoctor>>;

const MARKS = { fine: ['✓', 'green'], problem: ['✗', 'red'], note: ['·', 'dim'] } as const;

/** `pilotfish check`: the doctor. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description('compare what is wanted with what is: a line per finding, with cause and remedy; changes nothing')
    .addOption(
      new Option('--admin <url>', 'the running sidecar’s admin port (default: the configured one)').env(
        'PILOTFISH_ADMIN_URL',
      ),
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'));
  return addConfigOptions(command).action(async (flags: ConfigFlags) => {
    const diagnosis = await runDoctor({
      loaded: configFromFlags(flags),
      askSidecar: (url, path) => new AdminClient(url).get(path),
      adminUrl: typeof flags.admin === 'string' ? flags.admin : undefined,
    });
    if (flags.output === 'json') printJson(diagnosis.findings);
    else printFindings(diagnosis);
    process.exitCode = exitCodeFor(diagnosis);
  });
}

function printFindings({ findings }: Diagnosis): void {
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  for (const { level, code, message, remedy } of findings) {
    const [mark, style] = MARKS[level];
    const [first = '', ...rest] = wrapped(`${code}: ${printable(message)}`, width - 2).map((line) => `  ${line}`);
    const advice =
      remedy === undefined
        ? []
        : wrapped(printable(remedy), width - 6).map((line, index) => `${index === 0 ? '    → ' : '      '}${line}`);
    const lines = [`${styled(style, mark)}${first.slice(1)}`, ...rest, ...advice];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

function exitCodeFor({ isConsulReachable, findings }: Diagnosis): number {
  if (!isConsulReachable) return EXIT.consulUnreachable;
  return findings.some(({ level }) => level === 'problem') ? EXIT.problemsFound : EXIT.fine;
}
