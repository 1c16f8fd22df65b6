import { access, constants, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";

export interface CommandPlace {
  readonly command: string;
  /** The folder that it would run in. */
  readonly cwd?: string;
  /** The `PATH` that it would get. */
  readonly path?: string;
}

/** Why a command could not be started, or nothing where an executable file of its name is found. */
export async function missingCommand({ command, cwd, path }: CommandPlace): Promise<string | undefined> {
  if (cwd !== undefined && !(await isFolder(cwd))) return `its working folder ${cwd} is not there`;
  if (/[/\\]/.test(command)) {
    const file = isAbsolute(command) ? command : resolve(cwd ?? process.cwd(), command);
    return (await isExecutable(file)) ? undefined : `${file} is not an executable file`;
  }
  const endings = process.platform === "win32" ? ["", ".exe", ".cmd", ".bat", ".com"] : [""];
  for (const folder of (path ?? "/bin:/usr/bin").split(delimiter)) {
    for (const ending of endings)
      if (await isExecutable(join(folder, `${command}${ending}`))) return undefined;
  }
  return `there is no command ${command} in its PATH`;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
