/** The versions the fake can be; each stands for those that answer like it. */
export type FakeVersion = '0.15' | '1.1' | '1.4' | '1.5' | '1.8' | '1.11';

/** What differs between versions, as far as the bridge can see it. */
export interface VersionTraits {
  /** What `/v2/info` says. */
  readonly full: string;
  /** HTTP callbacks: until 1.4 (changelog of 1.5: "removed in this version"). */
  readonly callbacks: boolean;
  /** `portDefinitions` in apps: since 1.0. Before, `ports` alone. */
  readonly portDefinitions: boolean;
  /** `container.portMappings` and `networks` instead of `container.docker.portMappings`: since 1.5. */
  readonly networks: boolean;
  /** Tasks name their `state`: since 1.2. */
  readonly taskState: boolean;
  /** Pods, instances and their events: since 1.4. Health events then name the instance instead of the task. */
  readonly instances: boolean;
  /** `?event_type=` is honoured: since 1.3.7. */
  readonly eventFilter: boolean;
  /** A standby redirects `/v2/events`: since 1.7. Before, it passes it on. */
  readonly redirectsEvents: boolean;
  /** Deployment events carry whole groups of apps: until 1.6. */
  readonly heavyEvents: boolean;
}

const OLD: VersionTraits = {
  full: '0.15.3',
  callbacks: true,
  portDefinitions: false,
  networks: false,
  taskState: false,
  instances: false,
  eventFilter: false,
  redirectsEvents: false,
  heavyEvents: true,
};
const V1_1: VersionTraits = { ...OLD, full: '1.1.1', portDefinitions: true };
const V1_4: VersionTraits = { ...V1_1, full: '1.4.7', taskState: true, instances: true, eventFilter: true };
const V1_5: VersionTraits = { ...V1_4, full: '1.5.12', callbacks: false, networks: true };
const V1_8: VersionTraits = { ...V1_5, full: '1.8.222', redirectsEvents: true, heavyEvents: false };

/** Source: mesosphere/marathon `changelog.md` and the API's RAML at each tag. */
export const VERSIONS: Readonly<Record<FakeVersion, VersionTraits>> = {
  '0.15': OLD,
  '1.1': V1_1,
  '1.4': V1_4,
  '1.5': V1_5,
  '1.8': V1_8,
  '1.11': { ...V1_8, full: '1.11.24' },
};
