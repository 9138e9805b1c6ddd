/** A sample of the Prometheus text format. */
export interface MetricSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** What a sidecar's `/metrics` says at one moment. */
export class MetricSamples {
  readonly families: ReadonlySet<string>;
  readonly #samples: readonly MetricSample[];

  constructor(text: string) {
    const lines = text.split('\n');
    this.families = new Set(lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
    this.#samples = lines.flatMap((line) => {
      const match = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (match === null || line.startsWith('#')) return [];
      const labels = [...(match[2] ?? '').matchAll(/([a-z_0-9]+)="([^"]*)"/g)];
      return [
        {
          name: match[1] ?? '',
          labels: new Map(labels.map(([, name = '', value = '']) => [name, value])),
          value: Number(match[3]),
        },
      ];
    });
  }

  static async of(adminUrl: string): Promise<MetricSamples> {
    return new MetricSamples(await (await fetch(`${adminUrl}/metrics`)).text());
  }

  /** The sum of all samples with this name and these labels. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#with(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** The sums by the values of one label. */
  by(label: string, name: string, labels: Readonly<Record<string, string>> = {}): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const sample of this.#with(name, labels)) {
      const key = sample.labels.get(label) ?? '';
      sums[key] = (sums[key] ?? 0) + sample.value;
    }
    return sums;
  }

  #with(name: string, labels: Readonly<Record<string, string>>): readonly MetricSample[] {
    return this.#samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([key, value]) => (sample.labels.get(key) ?? '') === value),
    );
  }
}
