/** What may stand in a log line beside its message. Undefined fields are left out; errors are written as code and message. */
export type LogValue = string | number | boolean | bigint | undefined | Error | readonly string[];

/** Fields by name, in the order in which they are written. Names are ours, in camelCase. */
export type LogFields = Readonly<Record<string, LogValue>>;
