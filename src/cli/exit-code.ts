/** What the process's exit code tells; fixed, scripts rely on it. */
export const EXIT = {
  fine: 0,
  failed: 1,
  usage: 2,
  badConfig: 3,
  consulUnreachable: 4,
  problemsFound: 5,
  changesPlanned: 10,
  interrupted: 130,
} as const;
