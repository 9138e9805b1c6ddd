import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');

/** The package as npm would publish it, built from source in a folder of its own, and installed where a test wants it. */
export class PackedPackage implements Disposable {
  readonly #folder: string;
  /** The `.tgz`. */
  readonly tarball: string;

  private constructor(folder: string, tarball: string) {
    this.#folder = folder;
    this.tarball = tarball;
  }

  /** Builds and packs; needs no network. */
  static async make(): Promise<PackedPackage> {
    const folder = mkdtempSync(join(tmpdir(), 'pilotfish-package-'));
    const source = join(folder, 'source');
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: readonly string[] };
    for (const file of ['package.json', ...files.filter((name) => name !== 'dist')]) {
      if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(source, file), { recursive: true });
    }
    await run(process.execPath, [join(ROOT, 'build/make-dist.ts'), join(source, 'dist')], { cwd: ROOT });
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: source,
    });
    const [name] = /pilotfish-[\w.-]+\.tgz/.exec(stdout) ?? [];
    return new PackedPackage(folder, join(folder, name ?? ''));
  }

  /** The package's content, unpacked. */
  get source(): string {
    return join(this.#folder, 'source');
  }

  /** A project with these files that has the package, and its dependencies as this checkout has them, installed. */
  async project(files: Readonly<Record<string, string>>): Promise<string> {
    const project = mkdtempSync(join(this.#folder, 'project-'));
    const modules = join(project, 'node_modules');
    mkdirSync(join(modules, 'pilotfish'), { recursive: true });
    await run('tar', ['-xzf', this.tarball, '--strip-components=1', '-C', join(modules, 'pilotfish')]);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
      mkdirSync(join(modules, name, '..'), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'dir');
    }
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(project, file, '..'), { recursive: true });
      writeFileSync(join(project, file), text);
    }
    return project;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
