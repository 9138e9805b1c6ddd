import { describe, expect, it } from 'vitest';
import { renderEnv } from '../../../src/kv-config/render/env-file.ts';
import { parseTemplate } from '../../../src/kv-config/render/text-template.ts';

const tree = {
  db: { host: 'postgres', port: 5432, password: "it's" },
  servers: { a: '10.0.0.1', b: '10.0.0.2', deep: { c: 'x' } },
  tags: ['x', 'y'],
  off: false,
};
const environment = { HOME: '/home/app' };
const write = (text: string) => parseTemplate(text, 'app.tpl')({ tree, environment });

describe('a text template', () => {
  it.each([
    ['host={{ key "db/host" }}:{{ key "db.port" }}', 'host=postgres:5432'],
    ['{{ key "db/user" "admin" }} {{ keyOrDefault "db/host" "x" }}', 'admin postgres'],
    ['{{ env "HOME" }} {{ env "NONE" "-" }}', '/home/app -'],
    ['{{ json "db" }}', '{"host":"postgres","port":5432,"password":"it\'s"}'],
    ['{{ key "db/host" | toUpper | toJSON }}', '"POSTGRES"'],
    ['{{ key "db/host" "a|b" | trimSpace }}', 'postgres'],
    ['{{ key "none" `a "b"` }}', 'a "b"'],
    ['{{ range ls "servers" }}{{ .Key }}={{ .Value }};{{ end }}', 'a=10.0.0.1;b=10.0.0.2;'],
    ['{{ range tree "servers" }}{{ .Key }} {{ end }}', 'a b deep/c '],
    ['{{ range ls "nothing" }}x{{ else }}none{{ end }}', 'none'],
    ['{{ if keyExists "db" }}yes{{ else }}no{{ end }}{{ if key "off" }}yes{{ else }}no{{ end }}', 'yesno'],
    ['{{ if keyExists "a" }}{{ if keyExists "db" }}1{{ end }}{{ end }}2', '2'],
    ['a\n  {{- /* a comment */ -}}\n  b', 'ab'],
    ['{{ key "tags" }}', '["x","y"]'],
    ['no braces { { } }', 'no braces { { } }'],
  ])('%s', (text, wanted) => {
    expect(write(text)).toBe(wanted);
  });

  it.each([
    ['a\nb {{ key "nope" }}', 'app.tpl:2: there is no key nope, and no default'],
    ['{{ keyy "x" }}', 'app.tpl:1: keyy is no word of templates'],
    ['{{ key db/host }}', 'db/host is not in quotation marks'],
    ['{{ key }}', 'key takes 1 or 2 argument(s)'],
    ['{{ key "db/host" | shell }}', 'shell is nothing to go through'],
    ['{{ if keyExists "db" }}', 'a range or if has no end'],
    ['{{ range key "db" }}{{ end }}', 'range takes ls'],
    ['{{ end }}', 'end is no word'],
    ['{{ }}', 'nothing is no word'],
    ['{{ constructor "x" }}', 'constructor is no word'],
  ])('%s is an error that says why', (text, message) => {
    expect(() => write(text)).toThrow(message);
  });
});

describe('the tree as environment variables', () => {
  it('has upper-case names and values that a shell reads as they are', () => {
    expect(renderEnv(tree)).toBe(
      [
        'DB_HOST=postgres',
        'DB_PORT=5432',
        'DB_PASSWORD="it\'s"',
        'SERVERS_A=10.0.0.1',
        'SERVERS_B=10.0.0.2',
        'SERVERS_DEEP_C=x',
        'TAGS=\'["x","y"]\'',
        'OFF=false',
        '',
      ].join('\n'),
    );
    expect(renderEnv({ '2nd': { 'a-b': '' } })).toBe('_2ND_A_B=\n');
  });

  it('is refused where two values would have one name, or one cannot be a variable', () => {
    expect(() => renderEnv({ 'a-b': 1, a: { b: 2 } })).toThrow('a-b and a.b would both be A_B');
    expect(() => renderEnv({ a: 'x\0y' })).toThrow('NUL');
  });
});
