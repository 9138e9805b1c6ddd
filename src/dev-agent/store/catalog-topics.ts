/** The index of the service `name`: wakes with its instances and their health only. */
export function serviceIndex(name: string): string {
  return `service.${name.toLowerCase()}`;
}

/** The topic of any change of any instance's definition. */
export const ALL_SERVICES = 'services/all';

/** The topic of any change of any check. */
export const ALL_CHECKS = 'checks/all';

/** The index entry of the last time that a service lost its last instance. */
export const LAST_EXTINCTION = 'service_last_extinction';
