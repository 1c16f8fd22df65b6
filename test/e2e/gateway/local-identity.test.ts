import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { connectClient, ERAS } from "../harness/clients.ts";
import { runGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

test.each(ERAS)(
  "over stdio `local` makes the user of the operating system the subject, with the roles given, and no person, %s [R-ID-5]",
  async (era) => {
    using folder = temporaryFolder();
    const env = { FLOWGATE_RUNTIME_DIR: folder.path };
    const config = writeConfig(folder.path, CONFIG);
    const client = await connectClient({ config, env }, era);
    const start = async (definitionId: string): Promise<any> =>
      (await client.call("workflow.start", { definitionId })).body;
    expect((await start("told")).result.output.heard).toEqual({
      subject: userInfo().username,
      roles: ["developer"],
      permissions: ["code.read", "code.write"],
    });
    expect((await start("granted")).result.status).toBe("completed");
    expect((await start("denied")).error.code).toBe("GUARD_REJECTED");
    const { workflow } = await start("change");
    const approve = { workflowId: workflow.id, expectedVersion: 0, transition: "approve" };
    expect((await client.call("workflow.submit", approve)).body.error.code).toBe("ACTOR_MISMATCH");
    await client.close();
    const { stdout } = await runGateway(["audit", "export", "-c", config], { env });
    const subjects = stdout
      .split("\n")
      .flatMap((line) => /"subject":"([^"]*)","tenant"/.exec(line)?.[1] ?? []);
    expect([...new Set(subjects)]).toEqual([userInfo().username]);
  },
);

const CONFIG = `version: "1.0.0"
identity:
  providers: [{ kind: local, roles: [developer] }]
  roles: { developer: [code.read, code.write] }
audit: { sinks: [{ kind: file, path: audit.jsonl }] }
proxy:
  expose:
    - { name: granted, guards: [{ kind: permission, permission: code.write }] }
    - { name: denied, guards: [{ kind: role, role: admin }] }
workflows:
  told:
    initialState: a
    states:
      a:
        transitions:
          tell:
            target: b
            actor: deterministic
            executor:
              kind: workflow
              definitionId: echo
              input: { subject: $.principal.subject, roles: $.principal.roles, permissions: $.principal.permissions }
      b: { terminal: true }
  echo:
    initialState: a
    states:
      a:
        transitions:
          tell: { target: b, actor: deterministic, executor: { kind: noop }, output: { heard: $.workflow.input } }
      b: { terminal: true }
  change:
    initialState: open
    states:
      open: { transitions: { approve: { target: done, actor: human } } }
      done: { terminal: true }
`;
