/** How much of a body a peer may send before it was taken; per stream, and so a bound of what a slow reader costs us. */
export const STREAM_WINDOW_BYTES: number = 256 * 1024;
/** The same for a session: flow control of streams is what holds senders back, so this one must not be in the way. */
export const SESSION_WINDOW_BYTES: number = 16 * 1024 * 1024;
/** Megabytes a session may hold before Node refuses further streams on it. */
export const SESSION_MEMORY_MB = 64;
