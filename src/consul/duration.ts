/** A duration as Go writes it; Consul refuses numbers without a unit. */
export function goDuration(durationMs: number): string {
  const whole = Math.max(0, Math.round(durationMs));
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`;
}
