import { readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The name of the network file system that `path` is on, or `undefined` where it is on a local disk or the system does
 * not say. Shared memory and locks, which several processes on one file rely on, do not work across machines.
 */
export function networkFileSystem(
  path: string,
  mounts: string | undefined = readMounts(),
): string | undefined {
  if (path.startsWith("\\\\")) return "smb";
  if (mounts !== undefined) {
    const type = mountOf(path, mounts);
    if (type !== undefined && NETWORK_TYPES.test(type)) return type;
  }
  return NETWORK_MAGIC.get(magicOf(dirname(path)));
}

const NETWORK_TYPES =
  /^(nfs4?|cifs|smb3|smbfs|smb2|ncpfs|afs|ceph|lustre|glusterfs|beegfs|gpfs|orangefs|davfs|(fuse\.(sshfs|nfs.*|smb.*|cifs.*|ceph.*|gluster.*|rclone|s3fs|goofys|gcsfuse|davfs2?|juicefs|mount-s3|moosefs)))$/;

/** `f_type` of statfs(2) on Linux. */
const NETWORK_MAGIC: ReadonlyMap<number, string> = new Map([
  [0x69_69, "nfs"],
  [0x51_7b, "smb"],
  [0xff_53_4d_42, "cifs"],
  [0xfe_53_4d_42, "smb2"],
  [0x53_46_41_4f, "afs"],
  [0x00_c3_64_00, "ceph"],
  [0x0b_d0_0b_d0, "lustre"],
  [0x19_83_03_26, "beegfs"],
]);

function readMounts(): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return undefined;
  }
}

function magicOf(folder: string): number {
  if (process.platform !== "linux") return 0;
  try {
    return statfsSync(folder).type;
  } catch {
    return 0;
  }
}

/** The type of the last mount whose point is the longest prefix of `path`, by proc(5): `… point options … - type source …`. */
function mountOf(path: string, mounts: string): string | undefined {
  let best = { length: -1, type: undefined as string | undefined };
  for (const line of mounts.split("\n")) {
    const [before, after] = line.split(" - ");
    const point = before
      ?.split(" ")[4]
      ?.replaceAll(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const type = after?.split(" ")[0];
    if (point === undefined || type === undefined || point.length < best.length) continue;
    if (path === point || path.startsWith(point.endsWith("/") ? point : `${point}/`))
      best = { length: point.length, type };
  }
  return best.type;
}
