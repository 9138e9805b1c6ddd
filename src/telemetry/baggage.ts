const MAX_LENGTH = 8192;
const MAX_MEMBERS = 180;
/** Nothing else may be in the field, so that trimming below only ever takes spaces and tabs away. */
const allowed = /^[\t\x20-\x7e]*$/;
const pair = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const bareKey = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Whether a `baggage` field may be sent on: well-formed (W3C Baggage §3.3.1) and within its limits of 8,192 bytes and
 * 180 members. It is sent on byte for byte or not at all; nothing in it is read or recorded. Takes linear time, whatever
 * is sent.
 */
export function isSendableBaggage(header: string): boolean {
  if (header.length > MAX_LENGTH || !allowed.test(header)) return false;
  const members = header.split(',');
  return members.length <= MAX_MEMBERS && members.every(isMember);
}

/** `key=value` with properties after semicolons, each `key=value` or a bare key. */
function isMember(member: string): boolean {
  const [first = '', ...properties] = member.split(';').map((part) => part.trim());
  return pair.test(first) && properties.every((property) => bareKey.test(property) || pair.test(property));
}
