/** Where the page takes a one-time link. What stands behind the # never leaves the browser: not in requests, logs or referrers. */
export const signInPath = (link: string): string => `/#/sign-in/${link}`;

/** Where the page takes a guest's invitation. */
export const invitePath = (invitation: string): string => `/#/invite/${invitation}`;
