import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runGateway, repository, startHttpGateway, temporaryFolder } from "../harness/gateway-process.ts";
import { CHART, findHelm, renderChart, type Manifest } from "../harness/helm.ts";

const helm = findHelm();
const NONE = "there is no helm here, and none could be had from npm: the chart was not rendered";
const CASES = readdirSync(join(CHART, "ci")).map((file) => file.replace("-values.yaml", ""));
const of = (name: string): readonly string[] => ["-f", join(CHART, `ci/${name}-values.yaml`)];
const SECRET = {
  DATABASE_URL: "postgres://flowgate@database:5432/flowgate",
  METRICS_KEY: "metrics-key-of-the-chart-tests",
  ISSUER: "https://login.example.com",
  AUDIENCE: "https://flowgate.example.com/mcp",
};
const manifests = new Map<string, readonly Manifest[]>();
const find = (name: string, kind: string): Manifest =>
  manifests.get(name)!.find((manifest) => manifest.kind === kind)!;

beforeAll(() => {
  if (helm === undefined) return;
  for (const name of CASES) {
    const rendered = renderChart(helm, of(name));
    if (typeof rendered === "string") throw new Error(rendered);
    manifests.set(name, rendered);
  }
}, 240_000);

/** Where the models of an API stand. */
const modelOf = ({ apiVersion, kind }: Manifest): string =>
  `${apiVersion.includes("coreos") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models"}/${apiVersion}/${kind}`;

test("helm finds nothing to complain of", (context) => {
  if (helm === undefined) return context.skip(NONE);
  const { status, stdout } = spawnSync(helm, ["lint", "--strict", CHART, ...of("replicas")], {
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([0, expect.stringContaining("0 chart(s) failed")]);
});

describe.each(CASES)("%s [R-HELM-1]", (name) => {
  test("every manifest is what its API takes", async (context) => {
    if (helm === undefined) return context.skip(NONE);
    for (const manifest of manifests.get(name)!) {
      const model = (await import(modelOf(manifest))) as Record<
        string,
        new (data: object) => { validate(): void }
      >;
      expect(() => new model[manifest.kind]!(manifest).validate(), manifest.kind).not.toThrow();
    }
  });

  test("the configuration in it passes a strict check", async (context) => {
    if (helm === undefined) return context.skip(NONE);
    using folder = temporaryFolder();
    const { data = {} } = find(name, "ConfigMap");
    for (const [file, text] of Object.entries(data)) writeFileSync(join(folder.path, file), text);
    const files = configured(find(name, "Deployment")).map((file) => ["-c", join(folder.path, file)]);
    const checked = await runGateway(["check", "--strict", ...files.flat()], { env: SECRET });
    expect([checked.code, checked.stderr], checked.stdout).toEqual([0, ""]);
  });

  test("pods run without rights, from a read-only file system, and drain before they are killed", (context) => {
    if (helm === undefined) return context.skip(NONE);
    const { spec } = find(name, "Deployment").spec.template;
    const [container] = spec.containers;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    const config = parse(find(name, "ConfigMap").data!["gateway.yaml"]!);
    const drain = Number.parseInt(config.server.drain.deadlineMs, 10);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      drain + Number(container.lifecycle.preStop.exec.command[1]),
    );
    const { matchLabels } = find(name, "Deployment").spec.selector;
    expect(find(name, "Deployment").spec.template.metadata.labels).toMatchObject(matchLabels);
    expect(find(name, "Service").spec.selector).toEqual(matchLabels);
  });
});

test("no manifest has a field that its API does not know [R-HELM-1]", (context) => {
  if (helm === undefined) return context.skip(NONE);
  // The validation above passes over unknown fields; the compiler does not, in a literal.
  const folder = join(import.meta.dirname, "../node_modules/.cache-chart");
  mkdirSync(folder, { recursive: true });
  try {
    const literals = [...manifests.values()].flat().map((manifest, index) => {
      const model = `import { ${manifest.kind} as M${index} } from "${modelOf(manifest)}";`;
      // The models put these two in themselves.
      const { apiVersion: _version, kind: _kind, ...rest } = manifest;
      return `${model}\nnew M${index}(${JSON.stringify(rest)});\n`;
    });
    writeFileSync(join(folder, "manifests.ts"), literals.join(""));
    const options = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      "nodenext",
      "--target",
      "esnext",
      "--types",
      "",
    ];
    const { status, stdout } = spawnSync(
      join(repository, "node_modules/.bin/tsc"),
      [...options, "--ignoreConfig", join(folder, "manifests.ts")],
      { encoding: "utf8", cwd: folder },
    );
    expect([status, stdout]).toEqual([0, ""]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what cannot work is refused with what to do", (context) => {
  if (helm === undefined) return context.skip(NONE);
  const refusal = (...set: string[]): unknown =>
    renderChart(
      helm,
      set.flatMap((each) => ["--set", each]),
    );
  expect(refusal("config.store.kind=sqlite")).toContain(
    "set autoscaling.enabled=false and replicaCount=1, or use postgres",
  );
  expect(refusal("config.store.kind=sqlite", "autoscaling.enabled=false", "replicaCount=1")).toContain(
    "needs persistence.enabled=true",
  );
  expect(refusal("persistence.enabled=true")).toContain("persistence.enabled is for one replica");
});

test("what is switched on is there: autoscaling, disruption budget, network policy, monitor, rules", (context) => {
  if (helm === undefined) return context.skip(NONE);
  const kinds = (name: string): readonly string[] =>
    manifests
      .get(name)!
      .map(({ kind }) => kind)
      .toSorted();
  const always = ["ConfigMap", "Deployment", "NetworkPolicy", "Service", "ServiceAccount"];
  const scaled = ["HorizontalPodAutoscaler", "PodDisruptionBudget"];
  expect(kinds("replicas")).toEqual([...always, ...scaled].toSorted());
  expect(kinds("sqlite")).toEqual([...always, "PersistentVolumeClaim"].toSorted());
  expect(kinds("everything")).toEqual(
    [...always, ...scaled, "Ingress", "PrometheusRule", "ServiceMonitor"].toSorted(),
  );
  const rules = readFileSync(join(repository, "deploy/observability/alerts.yaml"), "utf8");
  expect(find("everything", "PrometheusRule").spec).toEqual(parse(rules));
});

test("what the chart deploys serves on a real database, and its probes answer [R-HELM-1]", async (context) => {
  if (helm === undefined) return context.skip(NONE);
  using folder = temporaryFolder();
  for (const [file, text] of Object.entries(find("everything", "ConfigMap").data!))
    writeFileSync(join(folder.path, file), text.replace("format: json", "format: text"));
  const deployment = find("everything", "Deployment");
  const [first, ...overlays] = configured(deployment).map((file) => join(folder.path, file));
  await using gateway = await startHttpGateway(first!, {
    args: overlays.flatMap((file) => ["-c", file]),
    env: { ...SECRET, DATABASE_URL: await createTestDatabase(), FLOWGATE_RUNTIME_DIR: folder.path },
  });
  const [{ startupProbe, readinessProbe, livenessProbe }] = deployment.spec.template.spec.containers;
  for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
    const { status } = spawnSync("curl", [
      "--fail",
      "--silent",
      "--header",
      `Host: ${httpGet.httpHeaders[0].value}`,
      new URL(httpGet.path, gateway.url).href,
    ]);
    expect([httpGet.path, status]).toEqual([httpGet.path, 0]);
  }
  const metrics = await fetch(new URL("/metrics", gateway.url), {
    headers: { authorization: `Bearer ${SECRET.METRICS_KEY}` },
  });
  expect(metrics.status).toBe(200);
});

test("the chart and the image are of one version", () => {
  const { appVersion } = parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")) as { appVersion: string };
  const { version } = JSON.parse(readFileSync(join(repository, "apps/gateway/package.json"), "utf8")) as {
    version: string;
  };
  expect(appVersion).toBe(version);
});

/** The files of FLOWGATE_CONFIG, as they are called in the ConfigMap. */
function configured(deployment: Manifest): readonly string[] {
  const [{ env }] = deployment.spec.template.spec.containers;
  const { value } = env.find(({ name }: { name: string }) => name === "FLOWGATE_CONFIG");
  return String(value)
    .split(":")
    .map((file) => file.replace("/etc/mcp-flowgate/", ""));
}
