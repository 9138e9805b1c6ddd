// Preloaded into a sidecar (`node --import`): on SIGUSR2 its wall clock jumps an hour on, then an hour behind, and so on.
// The monotonic clock goes on, as it does when an operator or NTP sets the time of a machine.
const HOUR_MS = 3_600_000;
const realNow = Date.now.bind(Date);
let offsetMs = 0;
Date.now = () => realNow() + offsetMs;
process.on('SIGUSR2', () => {
  offsetMs = offsetMs === HOUR_MS ? -HOUR_MS : HOUR_MS;
  process.stderr.write(`the wall clock is ${offsetMs} ms off\n`);
});

export {};
