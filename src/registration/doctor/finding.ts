/** What the doctor has to say about one thing. */
export interface Finding {
  /** `problem` makes the check fail; `note` is worth knowing, and no more. */
  readonly level: 'fine' | 'problem' | 'note';
  /** Stable snake_case name, for programs; each is listed in docs/doctor.md. */
  readonly code: string;
  /** What was found, and by which evidence. */
  readonly message: string;
  /** What to do; undefined where nothing is to be done. */
  readonly remedy: string | undefined;
}

/** All is as it should be. */
export function fine(code: string, message: string): Finding {
  return { level: 'fine', code, message, remedy: undefined };
}

/** Something is wrong. */
export function problem(code: string, message: string, remedy: string): Finding {
  return { level: 'problem', code, message, remedy };
}

/** Something could not be looked at, or works but probably not as it is meant. */
export function note(code: string, message: string, remedy?: string): Finding {
  return { level: 'note', code, message, remedy };
}
