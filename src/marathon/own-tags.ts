const REGISTRATION = 'consular-reg-id=';
const APP = 'consular-app-id=';

/** The tags by which a service is known as one bridge's own, and which app it is of; the same as Consular's. */
export function ownTags(registrationId: string, appId: string): readonly string[] {
  return [`${REGISTRATION}${registrationId}`, `${APP}${appId}`];
}

/** Whether only the bridge itself may set this tag. */
export function isOwnTag(tag: string): boolean {
  return tag.startsWith(REGISTRATION) || tag.startsWith(APP);
}

/**
 * The app of a service that this registration id registered; undefined for every other service. Tags count letter by
 * letter: `consular-reg-id=a` is neither that of `A` nor that of `a2`.
 */
export function ownAppId(tags: readonly string[], registrationId: string): string | undefined {
  if (!tags.includes(`${REGISTRATION}${registrationId}`)) return undefined;
  const tag = tags.find((each) => each.startsWith(APP) && each.length > APP.length);
  return tag?.slice(APP.length);
}
