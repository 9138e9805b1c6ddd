import type { Random } from '../runtime/random.ts';
import type { Balancer } from './balancer.ts';
import { LeastConnections } from './least-connections.ts';
import { TwoChoices } from './p2c.ts';
import { PeakEwma } from './peak-ewma.ts';
import { RandomChoice } from './random.ts';
import { RingHash } from './ring-hash.ts';
import { RoundRobin } from './round-robin.ts';

/** Each policy by its name in the configuration, and what makes one. A new policy is one line here. */
export const policies = {
  'round-robin': (random: Random): Balancer => new RoundRobin(random),
  random: (random: Random): Balancer => new RandomChoice(random),
  'least-connections': (random: Random): Balancer => new LeastConnections(random),
  p2c: (random: Random): Balancer => new TwoChoices(random),
  'peak-ewma': (random: Random): Balancer => new PeakEwma(random),
  'ring-hash': (random: Random): Balancer => new RingHash(random),
} as const;

/** A balancing policy's name in the configuration. */
export type PolicyName = keyof typeof policies;
