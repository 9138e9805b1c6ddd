const MAX_LENGTH = 8192;
const MAX_MEMBERS = 180;
const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const value = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const property = `[ \\t]*;[ \\t]*${token}(?:[ \\t]*=[ \\t]*${value})?`;
const member = new RegExp(`^[ \\t]*${token}[ \\t]*=[ \\t]*${value}(?:${property})*[ \\t]*$`);

/**
 * Whether a `baggage` field may be sent on: well-formed (W3C Baggage §3.3.1) and within its limits of 8,192 bytes and
 * 180 members. It is sent on byte for byte or not at all; nothing in it is read or recorded.
 */
export function isSendableBaggage(header: string): boolean {
  if (header.length > MAX_LENGTH) return false;
  const members = header.split(',');
  return members.length <= MAX_MEMBERS && members.every((text) => member.test(text));
}
