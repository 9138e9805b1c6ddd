import { expect, test } from 'vitest';
import { isSendableBaggage } from '../../../src/telemetry/baggage.ts';

test.each([
  ['userId=alice,isProduction=false', true],
  ['key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue', true],
  ['a=%20%2C', true],
  ['a=', true],
  ['', false],
  ['a', false],
  ['a=b,', false],
  ['=b', false],
  ['a=b c', false],
  ['a="b"', false],
  ['a=ü', false],
  ['a=b\r\nX: y', false],
  [`a=${'b'.repeat(8191)}`, false],
  [Array.from({ length: 180 }, () => 'a=b').join(','), true],
  [Array.from({ length: 181 }, () => 'a=b').join(','), false],
])('baggage %j is sent on: %j', (header, sendable) => {
  expect(isSendableBaggage(header)).toBe(sendable);
});
