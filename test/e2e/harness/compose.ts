import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import {
  collect,
  compiled,
  exitOf,
  gatewayBin,
  repository,
  waitFor,
  type GatewayProcess,
} from "./gateway-process.ts";

/** What a test looks at of a service. Variables are filled in. */
export interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: { readonly [name: string]: string };
  /** `source:target[:ro]`. */
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly [key: string]: unknown;
}

export const TOPOLOGIES = ["single-node", "shared-database", "replicas", "multi-tenant"] as const;

/** The path of a topology's file. */
export function composeFile(topology: string, name = "compose.yaml"): string {
  return resolve(repository, "deploy/compose", topology, name);
}

/** The services of a topology, as compose reads them. */
export function readServices(
  topology: string,
  variables: { readonly [name: string]: string },
): { readonly [name: string]: Service } {
  const document = parse(readFileSync(composeFile(topology), "utf8")) as {
    readonly services: { readonly [name: string]: Service };
  };
  return JSON.parse(
    JSON.stringify(document.services, (_, value: unknown) =>
      typeof value === "string" ? fillIn(value, variables) : value,
    ),
  ) as { readonly [name: string]: Service };
}

/**
 * Runs a service of the gateway's image as a process: its command and environment, with the files that are mounted
 * into it where they are. It listens on a free port of loopback.
 * @param places where other services are (`postgres:5432`), and where the container's folders are, on this machine.
 */
export async function startService(
  topology: string,
  service: Service,
  places: { readonly [name: string]: string },
): Promise<GatewayProcess> {
  const mounts = (service.volumes ?? []).flatMap((volume) => {
    const [source = "", target = ""] = volume.split(":");
    return source.startsWith(".") ? [[target, resolve(dirname(composeFile(topology)), source)]] : [];
  });
  const here = (text: string): string =>
    [...mounts, ...Object.entries(places)].reduce((done, [from, to]) => done.replaceAll(from!, to!), text);
  const environment = Object.entries(service.environment ?? {}).map(([name, value]) => [name, here(value)]);
  const child = spawn(
    process.execPath,
    [gatewayBin, ...(service.command ?? ["serve"]).map(here), "--listen", "127.0.0.1:0"],
    {
      // The image has its compiled code with it.
      env: {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: compiled,
        ...places,
        ...Object.fromEntries(environment),
      } as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const output = collect(child);
  const url = await waitFor(
    () => /"endpoint":"([^"]+)"/.exec(output.stderr())?.[1],
    () => child.exitCode !== null,
    () => `the service ended: ${output.stderr()}`,
  );
  const stop = async (): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = exitOf(child);
    child.kill("SIGTERM");
    return ended;
  };
  return { child, url, ...output, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** The forms that the files use: `${NAME}`, `${NAME:-default}`, `${NAME:?what is wrong}`. */
function fillIn(text: string, variables: { readonly [name: string]: string }): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest?: string) => {
    const value = variables[name];
    if (value !== undefined && value !== "") return value;
    if (kind === "-") return rest ?? "";
    throw new Error(`${name} is not set: ${rest ?? ""}`);
  });
}
