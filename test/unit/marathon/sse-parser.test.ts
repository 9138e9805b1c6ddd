import { describe, expect, it } from 'vitest';
import { SseParser } from '../../../src/marathon/sse-parser.ts';

function parse(text: string, maxEventChars = 1_000): unknown[] {
  return [...new SseParser(maxEventChars).push(Buffer.from(text))];
}

describe('server-sent events', () => {
  it('are named, and have the data that stands after one space', () => {
    expect(parse('event: status_update_event\ndata: {"a":1}\n\nevent:b\ndata:  c\n\n')).toEqual([
      { event: 'status_update_event', data: '{"a":1}' },
      { event: 'b', data: ' c' },
    ]);
  });

  it('without a name are messages, and a name is for one event only', () => {
    expect(parse('event: a\ndata: 1\n\ndata: 2\n\n')).toEqual([
      { event: 'a', data: '1' },
      { event: 'message', data: '2' },
    ]);
  });

  it('end their lines with CR, LF or CRLF', () => {
    for (const end of ['\r', '\n', '\r\n']) {
      expect(parse(['event: a', 'data: 1', '', 'data: 2', '', ''].join(end))).toEqual([
        { event: 'a', data: '1' },
        { event: 'message', data: '2' },
      ]);
    }
  });

  it('have several data lines, also empty ones', () => {
    expect(parse('data: 1\ndata\ndata:\ndata: 2\n\n')).toEqual([{ event: 'message', data: '1\n\n\n2' }]);
  });

  it('are not made by comments, unknown fields, empty lines or a name alone', () => {
    expect(parse(':\n: hello\n\n\nid: 7\nretry: 5\nnonsense\n\nevent: a\n\ndata: 1\n\n')).toEqual([
      { event: 'message', data: '1' },
    ]);
  });

  it('may begin with one byte order mark', () => {
    expect(parse('\uFEFFdata: 1\n\n')).toEqual([{ event: 'message', data: '1' }]);
    expect(parse('\uFEFF\uFEFFdata: 1\n\n')).toEqual([]);
  });

  it('that have not ended are not told', () => {
    expect(parse('data: 1\n')).toEqual([]);
  });

  it('over the limit are told without their data, and do not touch the next', () => {
    const long = 'x'.repeat(100);
    const events = `event: a\ndata: ${long}\ndata: more\n\ndata: 2\n\n`;
    expect(parse(events, 50)).toEqual([
      { event: 'a', data: undefined },
      { event: 'message', data: '2' },
    ]);
  });

  it('are not kept in memory while they are over the limit', () => {
    const parser = new SseParser(1_000);
    const chunk = Buffer.alloc(65_536, 0x78);
    parser.push(Buffer.from('data: '));
    for (let count = 0; count < 200; count++) expect(parser.push(chunk)).toEqual([]);
    expect(parser.push(Buffer.from('\n\ndata: 1\n\n'))).toEqual([
      { event: 'message', data: undefined },
      { event: 'message', data: '1' },
    ]);
  });

  it('go on for ever with comments between, whatever the limit', () => {
    expect(parse(`${': alive\n'.repeat(1_000)}data: 1\n\n`, 50)).toEqual([{ event: 'message', data: '1' }]);
  });
});
