import type { LogFields, LogValue } from './log-fields.ts';
import { isSecretName, REDACTED, redactText } from './redact.ts';

/** From the most talkative to silence. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'off'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Makes a line of its parts, with its end. */
export type LineFormat = (wallMs: number, level: LogLevel, message: string, fields: LogFields | undefined) => string;

/** A string value is cut here: a line stays a line. */
const MAX_VALUE_LENGTH = 4096;

/**
 * Characters that could end a line, move a terminal's cursor or reorder text: C0, DEL, C1, line and paragraph
 * separators, bidirectional overrides, the byte order mark, and lone surrogates. JSON's own escapes are among them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const unsafe = /["\\\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]/;
const unsafeInJson = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `text` as a JSON string without secrets and without control characters, whatever a caller put in. */
function quoted(text: string): string {
  const short = redactText(text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text);
  if (!unsafe.test(short)) return `"${short}"`;
  return JSON.stringify(short).replace(unsafeInJson, escapeOne);
}

function escapeOne(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One JSON object per line: `time` (RFC 3339, UTC), `level`, `msg`, then the fields. */
export function jsonLine(wallMs: number, level: LogLevel, message: string, fields: LogFields | undefined): string {
  let line = `{"time":"${timeText(wallMs)}","level":"${level}","msg":${quoted(message)}`;
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    line += `,"${name}":${jsonValue(name, value)}`;
  }
  return `${line}}\n`;
}

function jsonValue(name: string, value: Exclude<LogValue, undefined>): string {
  if (typeof value === 'string') return isSecretName(name) ? `"${REDACTED}"` : quoted(value);
  if (isSecretName(name)) return `"${REDACTED}"`;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Error) return quoted(errorText(value));
  return `[${value.map((item) => quoted(item)).join(',')}]`;
}

/** An error and its causes on one line, each with its code. */
function errorText(error: Error): string {
  const texts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const { code } = current as Error & { readonly code?: unknown };
    texts.push(typeof code === 'string' ? `${current.message} (${code})` : current.message);
    current = current.cause;
  }
  return texts.join(': ');
}

let knownSecond = Number.NaN;
let secondText = '';

/** RFC 3339 in UTC with milliseconds. Formatting a Date is the dearest part of a line, so the second is kept. */
function timeText(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== knownSecond) {
    secondText = new Date(second * 1000).toISOString().slice(0, 20);
    knownSecond = second;
  }
  const ms = Math.floor(wallMs - second * 1000);
  return `${secondText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}

const colours: Readonly<Record<LogLevel, string>> = {
  debug: '\u001b[90m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  off: '',
};
const dim = '\u001b[2m';
const plain = '\u001b[0m';

/** For people: `12:34:56.789 INFO  message  name=value`, in UTC; with ANSI colours if `colour`. */
export function prettyLine(colour: boolean): LineFormat {
  return (wallMs, level, message, fields) => {
    const time = timeText(wallMs).slice(11, 23);
    const word = level.toUpperCase().padEnd(5);
    const head = colour ? `${dim}${time}${plain} ${colours[level]}${word}${plain} ` : `${time} ${word} `;
    let line = head + unquoted(message);
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      line += colour ? ` ${dim}${name}=${plain}` : ` ${name}=`;
      line += prettyValue(name, value);
    }
    return `${line}\n`;
  };
}

function prettyValue(name: string, value: Exclude<LogValue, undefined>): string {
  const text = jsonValue(name, value);
  return /^"[\w./:@\-[\]]+"$/.test(text) ? text.slice(1, -1) : text;
}

/** The message as it is when nothing in it needs escaping, so that quotes stay readable; else escaped. */
function unquoted(text: string): string {
  return quoted(text).slice(1, -1).replaceAll('\\"', '"');
}
