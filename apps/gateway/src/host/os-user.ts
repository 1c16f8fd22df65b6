import { userInfo } from "node:os";

/**
 * The user that this process runs as. A container may run as a number that no user has: then the name is
 * that number, as `uid-10001`.
 */
export function osUser(): { readonly uid: number; readonly name: string } {
  try {
    const { uid, username } = userInfo();
    return { uid, name: username };
  } catch {
    const uid = process.getuid?.() ?? -1;
    return { uid, name: `uid-${uid}` };
  }
}
