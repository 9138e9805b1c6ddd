// Preloaded into a sidecar (`node --import`): on SIGUSR2 says how much CPU its longest turn of the event loop took since the
// last time. Other than the delay that the sidecar measures itself, this leaves out what other processes took meanwhile.
let longestMs = 0;
let before = process.threadCpuUsage();

// Two runs of a timer have one turn between them.
setInterval(() => {
  const now = process.threadCpuUsage();
  longestMs = Math.max(longestMs, (now.user + now.system - before.user - before.system) / 1000);
  before = now;
}, 1).unref();

process.on('SIGUSR2', () => {
  process.stderr.write(`longest turn, CPU ms: ${longestMs}\n`);
  longestMs = 0;
});
