/** Where one sample of a profile belongs. */
export interface Place {
  /** `kernel`, `javascript`, `garbage collection`, or whose native code it is. */
  readonly layer: string;
  /** A system call, or a function with its file. */
  readonly what: string;
}

interface Frame {
  readonly symbol: string;
  readonly library: string;
}

/** `7f12ab __x64_sys_write+0x1a ([kernel.kallsyms])` */
function frameOf(line: string): Frame | undefined {
  const match = /^\s*[0-9a-f]+ (.+?) \(([^()]*)\)$/.exec(line);
  return match === null
    ? undefined
    : { symbol: (match[1] ?? '').replace(/\+0x[0-9a-f]+$/, ''), library: match[2] ?? '' };
}

/** `JS:*readHead file:///…/src/http1/request-head.ts:40:5` → `readHead request-head.ts`; V8 marks optimized code with `*`. */
function javascript(symbol: string): string | undefined {
  const match = /^JS:[*~^+']*(.*)$/.exec(symbol);
  if (match === null) return undefined;
  const [name = '', place = ''] = (match[1] ?? '').split(/ (?=\S*$)/);
  const file = /([^/]+?)(?::\d+)*$/.exec(place)?.[1] ?? '';
  return file === '' ? name || '(anonymous)' : `${name || '(anonymous)'} — ${file}`;
}

/** The kernel's entry of a system call, under the names it has when `x64_sys_call` was inlined. */
const SYSTEM_CALL =
  /^(?:__x64_sys_|__do_sys_|__sys_|ksys_|do_)(writev|write|readv|read|epoll_p?wait|epoll_ctl|futex|send\w+|recv\w+|accept4?|connect|close|mmap|madvise|munmap|mprotect|clock_gettime)$/;

/** Native symbols by prefix; the first that fits. */
const nativeLayers: readonly (readonly [pattern: RegExp, layer: string])[] = [
  [/^(?:Builtins_|Builtin:|BytecodeHandler:|RegExp)/, 'V8 builtins'],
  [/scaveng|marking|sweep|evacuat|\bheap\b|GarbageCollect/i, 'garbage collection'],
  [/^(?:v8::|cppgc::|heap::)/, 'V8 runtime'],
  [/^node::|^napi_|llhttp/, 'Node C++'],
  [/^uv_/, 'libuv'],
];

function placeOf(frames: readonly Frame[]): Place {
  const top = frames[0] ?? { symbol: 'unknown', library: '' };
  if (/^\[(?:kernel|guest)/.test(top.library)) {
    const call = frames.map(({ symbol }) => SYSTEM_CALL.exec(symbol)?.[1]).find(Boolean);
    return { layer: 'kernel', what: call ?? 'entry, exit, interrupts' };
  }
  const script = javascript(top.symbol);
  if (script !== undefined) return { layer: 'javascript', what: script };
  const layer = nativeLayers.find(([pattern]) => pattern.test(top.symbol))?.[1] ?? 'other native code';
  return { layer, what: top.symbol.replace(/\(.*$/, '').slice(0, 70) };
}

/** Counts the samples of `perf script -F ip,sym,dso` by place. */
export function tallySamples(script: string): { place: Place; samples: number }[] {
  const tally = new Map<string, { place: Place; samples: number }>();
  for (const block of script.split('\n\n')) {
    const frames = block
      .split('\n')
      .map(frameOf)
      .filter((frame) => frame !== undefined);
    if (frames.length === 0) continue;
    const place = placeOf(frames);
    const key = `${place.layer}|${place.what}`;
    const entry = tally.get(key);
    if (entry === undefined) tally.set(key, { place, samples: 1 });
    else entry.samples++;
  }
  return [...tally.values()].sort((a, b) => b.samples - a.samples);
}
