import { decodeApp } from '../../src/marathon/decode-app.ts';
import { decodePod } from '../../src/marathon/decode-pod.ts';
import { decodeTask } from '../../src/marathon/decode-task.ts';
import type { MarathonApp } from '../../src/marathon/marathon-app.ts';
import type { MarathonPod } from '../../src/marathon/marathon-pod.ts';
import type { MarathonTask } from '../../src/marathon/marathon-task.ts';

/** An app as Marathon's JSON has it: `/web`, unless it says otherwise. */
export function appOf(json: object = {}): MarathonApp {
  return decodeApp({ id: '/web', instances: 1, portDefinitions: [{ port: 10_000 }], ...json });
}

/** A task of `/web` that runs on `mesos-1`, unless it says otherwise. */
export function taskOf(json: object = {}): MarathonTask {
  return decodeTask({
    ...{ id: 'web.1', appId: '/web', host: 'mesos-1', ports: [31_001], state: 'TASK_RUNNING' },
    ...json,
  });
}

/** A pod as `/v2/pods/::status` has it. */
export function podOf(json: object): MarathonPod {
  return decodePod(json);
}
